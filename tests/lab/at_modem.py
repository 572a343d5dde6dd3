# SPDX-License-Identifier: Apache-2.0
"""An LTE modem that speaks AT (3GPP TS 27.007, 27.005) on an abstract Unix socket, for ModemManager's test profile.

    modem = AtModem()                  # modem.port is the port's name, as SetProfile() wants it
    modem.signal = (5, 8)              # RSRQ and RSRP as +CESQ has them
    modem.move("01C2D3FF")             # into another cell
    modem.refused = {"bad.apn"}        # APNs that the network refuses
"""

import itertools
import os
import re
import socket
import threading

_serial = itertools.count(1)

# Exact command: the lines before OK.
FIXED = {
    "I": ["Lab Modem LTE-1"],
    "+CGMI": ["LabModems"], "+CGMM": ["LTE-1"], "+CGMR": ["LAB1.2.3"],
    "+GMI": ["LabModems"], "+GMM": ["LTE-1"], "+GMR": ["LAB1.2.3"],
    "+CGSN": ["490154203237518"], "+GSN": ["490154203237518"],
    "+CIMI": ["001010123456789"], "+CCID": ["+CCID: 8988211000000000000"], "+ICCID": ["+ICCID: 8988211000000000000"],
    "+GCAP": ["+GCAP: +CGSM,+CLTE1"], "+WS46=?": ["+WS46: (12,22,25,28,30,31)"], "+WS46?": ["+WS46: 31"],
    "+CPIN?": ["+CPIN: READY"], "+CNUM": ['+CNUM: "","+48500100200",145'],
    "+CLCK=?": ['+CLCK: ("SC")'], '+CLCK="SC",2': ["+CLCK: 0"],
    "+CFUN=?": ["+CFUN: (0,1,4),(0,1)"], "+COPS=?": ['+COPS: (2,"Lab Net","Lab","00101",7)'],
    "+CMGF=?": ["+CMGF: (0,1)"], "+CSCS=?": ['+CSCS: ("IRA","UCS2")'], "+CMGL=4": [],
    "+CPMS=?": ['+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")'], "+CPMS?": ['+CPMS: "SM",0,10,"SM",0,10,"SM",0,10'],
    "+CNMI=?": ["+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)"], "+CUSD=?": ["+CUSD: (0-2)"], "+CRC?": ["+CRC: 0"],
    "+CGDCONT=?": [f'+CGDCONT: (1-8),"{kind}",,,(0,1),(0,1)' for kind in ("IP", "IPV6", "IPV4V6")],
    "+CIND=?": ['+CIND: ("signal",(0-5)),("service",(0,1))'], "+CIND?": ["+CIND: 4,1"],
    "+CMER=?": ["+CMER: (0-3),(0),(0),(0-1),(0)"],
    "+CREG=?": ["+CREG: (0-2)"], "+CGREG=?": ["+CGREG: (0-2)"], "+CEREG=?": ["+CEREG: (0-2)"],
    "+CESQ=?": ["+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)"],
    "+CRSM=176,28589,0,0,4": ['+CRSM: 144,0,"00000002"'],
    "+CTZU=?": ["+CTZU: (0,1)"], "+CCLK?": ['+CCLK: "26/11/23,07:00:00+04"'],
}

# What is taken without a word.
SILENT = re.compile(r"(E[01]|V1|X4|&C1|&F|Z|\+CMEE=\d|\+CMGF=\d|\+CSCS=.*|\+CPMS=.*|\+CNMI=.*|\+CMER=.*|\+CIND=.*|\+CRC=\d|"
                    r"\+CUSD=.*|\+IFC=.*|\+CRM=.*|\+WS46=\d+|\+CTZU=.*|\+CSSN=.*|\+COPS=.*|)$")
OPERATOR = {"0": "Lab Net", "1": "Lab", "2": "00101"}


class AtModem:
    def __init__(self):
        self.port = f"abstract:lwm2m-{os.getpid()}-{next(_serial)}"
        self.signal = (20, 54)   # RSRQ -10 dB, RSRP -87 dBm
        self.cell = "01C2D3E4"
        self.refused = set()
        self.contexts = {}       # context id: APN
        self.dialled = []        # APNs, in their order
        self._functionality = "1"
        self._active = None      # context id
        self._reports = {"CREG": "0", "CGREG": "0", "CEREG": "0"}
        self._format = "0"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind("\0" + self.port)
        self._listener.listen(4)
        self._line = None        # the one that answers now
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()
        if self._line:
            try:
                self._line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def move(self, cell):
        self.cell = cell
        for name, mode in self._reports.items():
            if mode == "2" and self._line:
                self._line.sendall(f'\r\n+{name}: 1,"1A2B","{cell}",7\r\n'.encode())

    # -- the port

    def _accept(self):
        while True:
            try:
                self._line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(self._line,), daemon=True).start()

    def _serve(self, line):
        with line:
            self._converse(line)

    def _converse(self, line):
        buffer, echo = b"", True
        try:
            while data := line.recv(4096):
                buffer += data.replace(b"\n", b"\r")
                while b"\r" in buffer:
                    command, buffer = buffer.split(b"\r", 1)
                    text = command.decode("latin-1").strip()
                    if text == "+++":
                        continue
                    if not text.upper().startswith("AT"):
                        continue
                    if echo:
                        line.sendall(text.encode() + b"\r")
                    if text[2:4].upper() in ("E0", "E1"):
                        echo = text[3] == "1"
                    line.sendall(self._reply(text[2:].strip()))
        except OSError:
            pass

    def _reply(self, command):
        if command.startswith("D"):
            return self._dial(command)
        lines = self._answer(command)
        if lines is None:
            return b"\r\nERROR\r\n"
        return b"".join(f"\r\n{line}\r\n".encode() for line in lines) + b"\r\nOK\r\n"

    def _dial(self, command):
        found = re.search(r"\*99\*\*\*(\d+)#", command)
        apn = self.contexts.get(found[1] if found else "1", "")
        self.dialled.append(apn)
        if apn in self.refused:
            return b"\r\nNO CARRIER\r\n"
        self._active = found[1] if found else "1"
        return b"\r\nCONNECT 150000000\r\n"

    def _answer(self, command):
        if command in FIXED:
            return FIXED[command]
        if command == "+CSQ":
            return ["+CSQ: 21,99"]
        if command == "+CESQ":
            return ["+CESQ: 99,99,255,255,%d,%d" % self.signal]
        if command == "+CFUN?":
            return ["+CFUN: " + self._functionality]
        if found := re.match(r"\+CFUN=(\d)", command):
            self._functionality = found[1]
            return []
        return self._answer_network(command)

    def _answer_network(self, command):
        if found := re.match(r"\+((?:C|CG|CE)REG)=(\d)$", command):
            self._reports[found[1]] = found[2]
            return []
        if found := re.match(r"\+((?:C|CG|CE)REG)\?$", command):
            mode = self._reports[found[1]]
            return [f"+{found[1]}: {mode},1" + (f',"1A2B","{self.cell}",7' if mode == "2" else "")]
        if found := re.match(r"\+COPS=3,(\d)(;\+COPS\?)?$", command):
            self._format = found[1]
            return self._answer("+COPS?") if found[2] else []
        if command == "+COPS?":
            return [f'+COPS: 0,{self._format},"{OPERATOR[self._format]}",7']
        return self._answer_data(command)

    def _answer_data(self, command):
        if found := re.match(r'\+CGDCONT=(\d),"[^"]*","([^"]*)"', command):
            self.contexts[found[1]] = found[2]
            return []
        if command == "+CGDCONT?":
            return [f'+CGDCONT: {cid},"IP","{apn}","",0,0' for cid, apn in sorted(self.contexts.items())]
        if command == "+CGACT?":
            return [f"+CGACT: {cid},{int(cid == self._active)}" for cid in sorted(self.contexts)] or ["+CGACT: 1,0"]
        if command.startswith(("+CGACT=0", "H")):
            self._active = None
            return []
        # An OK without a range after "=?" was seen to crash ModemManager 1.20.4.
        return [] if not command.endswith("=?") and SILENT.match(command) else None
