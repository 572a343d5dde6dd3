# SPDX-License-Identifier: Apache-2.0
# bash completion for lwm2mctl(1); what there is to complete is asked of lwm2mctl itself.

_lwm2mctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} i word verb='' count=0 bus=() words=''

	COMPREPLY=()
	# The shell breaks words at '=' and ':'; only addresses of --bus have them, which nobody completes.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--bus)
			((i + 1 < COMP_CWORD)) && bus=(--bus "${COMP_WORDS[i + 1]}")
			((i++))
			;;
		--timeout) ((i++)) ;;
		--*) ;;
		*)
			if [[ -z $verb ]]; then verb=$word; else ((count++)); fi
			;;
		esac
	done

	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--bus)
		COMPREPLY=($(compgen -W 'system session' -- "$cur"))
		return
		;;
	--timeout) return ;;
	esac

	if [[ $cur == -* ]]; then
		words=$("$1" _words options 2>/dev/null)
	else
		case $verb,$count in
		,0 | help,0) words=$("$1" _words verbs 2>/dev/null) ;;
		plugins,0) words=restart ;;
		plugins,1) words=$("$1" "${bus[@]}" _words plugins 2>/dev/null) ;;
		servers,0 | register,0 | deregister,0) words=$("$1" "${bus[@]}" _words servers 2>/dev/null) ;;
		log-level,0) words='error warning notice info debug' ;;
		read,0 | write,0 | exec,0 | observe,* | send,*)
			words=$("$1" "${bus[@]}" _words paths "$cur" 2>/dev/null)
			compopt -o nospace 2>/dev/null
			;;
		diagnose,0)
			compopt -o default 2>/dev/null
			return
			;;
		esac
	fi
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
}

complete -F _lwm2mctl lwm2mctl
