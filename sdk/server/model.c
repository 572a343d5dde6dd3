/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "base/cleanup.h"

#define STR      VALUE_STRING
#define INT      VALUE_INTEGER
#define UINT     VALUE_UNSIGNED
#define FLT      VALUE_FLOAT
#define BOOL     VALUE_BOOLEAN
#define OPQ      VALUE_OPAQUE
#define TIME     VALUE_TIME
#define LNK      VALUE_OBJLNK
#define EXEC     VALUE_NONE /* executable: no value */
#define REUSABLE 65535      /* resources that mean the same in every IPSO object */

static const struct {
	uint16_t id;
	const char *name;
} objects[] = {
	{ 0, "LwM2M Security" },
	{ 1, "LwM2M Server" },
	{ 2, "LwM2M Access Control" },
	{ 3, "Device" },
	{ 4, "Connectivity Monitoring" },
	{ 5, "Firmware Update" },
	{ 6, "Location" },
	{ 7, "Connectivity Statistics" },
	{ 9, "LwM2M Software Management" },
	{ 10, "Cellular Connectivity" },
	{ 11, "APN Connection Profile" },
	{ 12, "WLAN Connectivity" },
	{ 16, "Portfolio" },
	{ 19, "BinaryAppDataContainer" },
	{ 20, "Event Log" },
	{ 21, "LwM2M OSCORE" },
	{ 23, "LwM2M COSE" },
	{ 3200, "Digital Input" },
	{ 3201, "Digital Output" },
	{ 3202, "Analog Input" },
	{ 3203, "Analog Output" },
	{ 3300, "Generic Sensor" },
	{ 3301, "Illuminance" },
	{ 3302, "Presence" },
	{ 3303, "Temperature" },
	{ 3304, "Humidity" },
	{ 3305, "Power Measurement" },
	{ 3306, "Actuation" },
	{ 3308, "Set Point" },
	{ 3310, "Load Control" },
	{ 3311, "Light Control" },
	{ 3312, "Power Control" },
	{ 3313, "Accelerometer" },
	{ 3314, "Magnetometer" },
	{ 3315, "Barometer" },
	{ 3316, "Voltage" },
	{ 3317, "Current" },
	{ 3318, "Frequency" },
	{ 3319, "Depth" },
	{ 3320, "Percentage" },
	{ 3321, "Altitude" },
	{ 3322, "Load" },
	{ 3323, "Pressure" },
	{ 3324, "Loudness" },
	{ 3325, "Concentration" },
	{ 3326, "Acidity" },
	{ 3327, "Conductivity" },
	{ 3328, "Power" },
	{ 3329, "Power Factor" },
	{ 3330, "Distance" },
	{ 3331, "Energy" },
	{ 3332, "Direction" },
	{ 3333, "Time" },
	{ 3334, "Gyrometer" },
	{ 3335, "Colour" },
	{ 3336, "Location" },
	{ 3337, "Positioner" },
	{ 3338, "Buzzer" },
	{ 3339, "Audio Clip" },
	{ 3340, "Timer" },
	{ 3341, "Addressable Text Display" },
	{ 3342, "On/Off Switch" },
	{ 3343, "Dimmer" },
	{ 3344, "Up/Down Control" },
	{ 3345, "Multiple Axis Joystick" },
	{ 3346, "Rate" },
	{ 3347, "Push Button" },
	{ 3348, "Multi-State Selector" },
	{ 3349, "Bitmap" },
	{ 3350, "Stopwatch" },
	{ 3442, "LwM2M v1.1 Test Object" },
};

/* By object and id. */
static const struct model_resource resources[] = {
	{ 0, 0, "LwM2M Server URI", STR },
	{ 0, 1, "Bootstrap-Server", BOOL },
	{ 0, 2, "Security Mode", INT },
	{ 0, 3, "Public Key or Identity", OPQ },
	{ 0, 4, "Server Public Key", OPQ },
	{ 0, 5, "Secret Key", OPQ },
	{ 0, 10, "Short Server ID", INT },
	{ 0, 11, "Client Hold Off Time", INT, "s" },
	{ 0, 12, "Bootstrap-Server Account Timeout", INT, "s" },

	{ 1, 0, "Short Server ID", INT },
	{ 1, 1, "Lifetime", INT, "s" },
	{ 1, 2, "Default Minimum Period", INT, "s" },
	{ 1, 3, "Default Maximum Period", INT, "s" },
	{ 1, 4, "Disable", EXEC },
	{ 1, 5, "Disable Timeout", INT, "s" },
	{ 1, 6, "Notification Storing When Disabled or Offline", BOOL },
	{ 1, 7, "Binding", STR },
	{ 1, 8, "Registration Update Trigger", EXEC },
	{ 1, 9, "Bootstrap-Request Trigger", EXEC },
	{ 1, 10, "APN Link", LNK },
	{ 1, 11, "TLS-DTLS Alert Code", UINT },
	{ 1, 12, "Last Bootstrapped", TIME },
	{ 1, 13, "Registration Priority Order", UINT },
	{ 1, 14, "Initial Registration Delay Timer", UINT, "s" },
	{ 1, 15, "Registration Failure Block", BOOL },
	{ 1, 16, "Bootstrap on Registration Failure", BOOL },
	{ 1, 17, "Communication Retry Count", UINT },
	{ 1, 18, "Communication Retry Timer", UINT, "s" },
	{ 1, 19, "Communication Sequence Delay Timer", UINT, "s" },
	{ 1, 20, "Communication Sequence Retry Count", UINT },
	{ 1, 21, "Trigger", BOOL },
	{ 1, 22, "Preferred Transport", STR },
	{ 1, 23, "Mute Send", BOOL },
	{ 1, 24, "Alternate APN Links", LNK },
	{ 1, 25, "Supported Server Versions", STR },
	{ 1, 26, "Default Notification Mode", INT },
	{ 1, 27, "Profile ID Hash Algorithm", UINT },

	{ 2, 0, "Object ID", INT },
	{ 2, 1, "Object Instance ID", INT },
	{ 2, 2, "ACL", INT },
	{ 2, 3, "Access Control Owner", INT },

	{ 3, 0, "Manufacturer", STR },
	{ 3, 1, "Model Number", STR },
	{ 3, 2, "Serial Number", STR },
	{ 3, 3, "Firmware Version", STR },
	{ 3, 4, "Reboot", EXEC },
	{ 3, 5, "Factory Reset", EXEC },
	{ 3, 6, "Available Power Sources", INT },
	{ 3, 7, "Power Source Voltage", INT, "mV" },
	{ 3, 8, "Power Source Current", INT, "mA" },
	{ 3, 9, "Battery Level", INT, "%" },
	{ 3, 10, "Memory Free", INT, "KiB" },
	{ 3, 11, "Error Code", INT },
	{ 3, 12, "Reset Error Code", EXEC },
	{ 3, 13, "Current Time", TIME },
	{ 3, 14, "UTC Offset", STR },
	{ 3, 15, "Timezone", STR },
	{ 3, 16, "Supported Binding and Modes", STR },
	{ 3, 17, "Device Type", STR },
	{ 3, 18, "Hardware Version", STR },
	{ 3, 19, "Software Version", STR },
	{ 3, 20, "Battery Status", INT },
	{ 3, 21, "Memory Total", INT, "KiB" },
	{ 3, 22, "ExtDevInfo", LNK },

	{ 4, 0, "Network Bearer", INT },
	{ 4, 1, "Available Network Bearer", INT },
	{ 4, 2, "Radio Signal Strength", INT, "dBm" },
	{ 4, 3, "Link Quality", INT },
	{ 4, 4, "IP Addresses", STR },
	{ 4, 5, "Router IP Addresses", STR },
	{ 4, 6, "Link Utilization", INT, "%" },
	{ 4, 7, "APN", STR },
	{ 4, 8, "Cell ID", INT },
	{ 4, 9, "SMNC", INT },
	{ 4, 10, "SMCC", INT },
	{ 4, 11, "SignalSNR", INT, "dB" },
	{ 4, 12, "LAC", INT },
	{ 4, 13, "Coverage Enhancement Level", INT },

	{ 5, 0, "Package", OPQ },
	{ 5, 1, "Package URI", STR },
	{ 5, 2, "Update", EXEC },
	{ 5, 3, "State", INT },
	{ 5, 5, "Update Result", INT },
	{ 5, 6, "PkgName", STR },
	{ 5, 7, "PkgVersion", STR },
	{ 5, 8, "Firmware Update Protocol Support", INT },
	{ 5, 9, "Firmware Update Delivery Method", INT },
	{ 5, 10, "Cancel", EXEC },
	{ 5, 11, "Severity", INT },
	{ 5, 12, "Last State Change Time", TIME },
	{ 5, 13, "Maximum Defer Period", UINT, "s" },

	{ 6, 0, "Latitude", FLT, "deg" },
	{ 6, 1, "Longitude", FLT, "deg" },
	{ 6, 2, "Altitude", FLT, "m" },
	{ 6, 3, "Radius", FLT, "m" },
	{ 6, 4, "Velocity", OPQ },
	{ 6, 5, "Timestamp", TIME },
	{ 6, 6, "Speed", FLT, "m/s" },

	{ 7, 0, "SMS Tx Counter", INT },
	{ 7, 1, "SMS Rx Counter", INT },
	{ 7, 2, "Tx Data", INT, "KiB" },
	{ 7, 3, "Rx Data", INT, "KiB" },
	{ 7, 4, "Max Message Size", INT, "B" },
	{ 7, 5, "Average Message Size", INT, "B" },
	{ 7, 6, "Start", EXEC },
	{ 7, 7, "Stop", EXEC },
	{ 7, 8, "Collection Period", INT, "s" },

	{ 9, 0, "PkgName", STR },
	{ 9, 1, "PkgVersion", STR },
	{ 9, 2, "Package", OPQ },
	{ 9, 3, "Package URI", STR },
	{ 9, 4, "Install", EXEC },
	{ 9, 5, "Checkpoint", LNK },
	{ 9, 6, "Uninstall", EXEC },
	{ 9, 7, "Update State", INT },
	{ 9, 8, "Update Supported Objects", BOOL },
	{ 9, 9, "Update Result", INT },
	{ 9, 10, "Activate", EXEC },
	{ 9, 11, "Deactivate", EXEC },
	{ 9, 12, "Activation State", BOOL },
	{ 9, 13, "Package Settings", LNK },
	{ 9, 14, "User Name", STR },
	{ 9, 15, "Password", STR },

	{ 3442, 0, "Reset values", EXEC },
	{ 3442, 1, "Randomize values", EXEC },
	{ 3442, 2, "Clear values", EXEC },
	{ 3442, 3, "Trigger send", EXEC },
	{ 3442, 4, "Trigger initiate", EXEC },
	{ 3442, 110, "String Value", STR },
	{ 3442, 120, "Integer Value", INT },
	{ 3442, 125, "Unsigned Integer Value", UINT },
	{ 3442, 130, "Float Value", FLT },
	{ 3442, 140, "Boolean Value", BOOL },
	{ 3442, 150, "Opaque Value", OPQ },
	{ 3442, 160, "Time Value", TIME },
	{ 3442, 170, "ObjLink Value", LNK },
	{ 3442, 180, "CoreLnk Value", VALUE_CORELNK },
	{ 3442, 1110, "Multiple String Value", STR },
	{ 3442, 1120, "Multiple Integer Value", INT },
	{ 3442, 1125, "Multiple Unsigned Integer Value", UINT },
	{ 3442, 1130, "Multiple Float Value", FLT },
	{ 3442, 1140, "Multiple Boolean Value", BOOL },
	{ 3442, 1150, "Multiple Opaque Value", OPQ },
	{ 3442, 1160, "Multiple Time Value", TIME },
	{ 3442, 1170, "Multiple ObjLink Value", LNK },

	{ REUSABLE, 5500, "Digital Input State", BOOL },
	{ REUSABLE, 5501, "Digital Input Counter", INT },
	{ REUSABLE, 5502, "Digital Input Polarity", BOOL },
	{ REUSABLE, 5503, "Digital Input Debounce", INT, "ms" },
	{ REUSABLE, 5504, "Digital Input Edge Selection", INT },
	{ REUSABLE, 5505, "Digital Input Counter Reset", EXEC },
	{ REUSABLE, 5506, "Current Time", TIME },
	{ REUSABLE, 5507, "Fractional Time", FLT, "s" },
	{ REUSABLE, 5514, "Latitude", STR },
	{ REUSABLE, 5515, "Longitude", STR },
	{ REUSABLE, 5518, "Timestamp", TIME },
	{ REUSABLE, 5521, "Delay Duration", FLT, "s" },
	{ REUSABLE, 5522, "Clip", OPQ },
	{ REUSABLE, 5523, "Trigger", EXEC },
	{ REUSABLE, 5524, "Duration", FLT, "s" },
	{ REUSABLE, 5527, "Text", STR },
	{ REUSABLE, 5528, "X Coordinate", INT },
	{ REUSABLE, 5529, "Y Coordinate", INT },
	{ REUSABLE, 5530, "Clear Display", EXEC },
	{ REUSABLE, 5531, "Contrast", FLT, "%" },
	{ REUSABLE, 5534, "Counter", INT },
	{ REUSABLE, 5536, "Current Position", FLT },
	{ REUSABLE, 5544, "Cumulative Time", FLT, "s" },
	{ REUSABLE, 5547, "Multi-state Input", INT },
	{ REUSABLE, 5548, "Level", FLT, "%" },
	{ REUSABLE, 5550, "Digital Output State", BOOL },
	{ REUSABLE, 5551, "Digital Output Polarity", BOOL },
	{ REUSABLE, 5600, "Analog Input Current Value", FLT },
	{ REUSABLE, 5601, "Min Measured Value", FLT },
	{ REUSABLE, 5602, "Max Measured Value", FLT },
	{ REUSABLE, 5603, "Min Range Value", FLT },
	{ REUSABLE, 5604, "Max Range Value", FLT },
	{ REUSABLE, 5605, "Reset Min and Max Measured Values", EXEC },
	{ REUSABLE, 5650, "Analog Output Current Value", FLT },
	{ REUSABLE, 5700, "Sensor Value", FLT },
	{ REUSABLE, 5701, "Sensor Units", STR },
	{ REUSABLE, 5702, "X Value", FLT },
	{ REUSABLE, 5703, "Y Value", FLT },
	{ REUSABLE, 5704, "Z Value", FLT },
	{ REUSABLE, 5705, "Compass Direction", FLT, "deg" },
	{ REUSABLE, 5706, "Colour", STR },
	{ REUSABLE, 5750, "Application Type", STR },
	{ REUSABLE, 5751, "Sensor Type", STR },
	{ REUSABLE, 5805, "Cumulative Active Power", FLT, "Wh" },
	{ REUSABLE, 5820, "Power Factor", FLT },
	{ REUSABLE, 5821, "Current Calibration", FLT },
	{ REUSABLE, 5822, "Reset Cumulative Energy", EXEC },
	{ REUSABLE, 5823, "Event Identifier", STR },
	{ REUSABLE, 5850, "On/Off", BOOL },
	{ REUSABLE, 5851, "Dimmer", INT, "%" },
	{ REUSABLE, 5852, "On Time", INT, "s" },
	{ REUSABLE, 5853, "Multi-state Output", STR },
	{ REUSABLE, 5854, "Off Time", INT, "s" },
	{ REUSABLE, 5900, "Set Point Value", FLT },
	{ REUSABLE, 5910, "Bitmap Input", INT },
	{ REUSABLE, 6042, "Measurement Quality Indicator", INT },
	{ REUSABLE, 6049, "Measurement Quality Level", INT },
};

const char *model_object_name(uint16_t object)
{
	for (size_t i = 0; i < ELEMENTSOF(objects); i++)
		if (objects[i].id == object)
			return objects[i].name;
	return NULL;
}

static bool is_ipso(uint16_t object)
{
	return object >= 3200 && object < 3400;
}

const struct model_resource *model_find(const struct path *path)
{
	uint16_t object = is_ipso(path->ids[0]) ? REUSABLE : path->ids[0];

	if (path->depth < PATH_RESOURCE)
		return NULL;
	for (size_t i = 0; i < ELEMENTSOF(resources); i++)
		if (resources[i].object == object && resources[i].id == path->ids[2])
			return &resources[i];
	return NULL;
}

bool model_unit_path(const struct path *path, struct path *ret)
{
	uint16_t id = path->ids[2];

	if (path->depth < PATH_RESOURCE || !is_ipso(path->ids[0]))
		return false;
	if (id != 5700 && id != 5702 && id != 5703 && id != 5704 && id != 5900 && (id < 5600 || id > 5604))
		return false;
	*ret = PATH3(path->ids[0], path->ids[1], MODEL_UNITS);
	return true;
}

enum value_type model_type_of(const void *types, const struct path *path)
{
	const struct model_types *by_hand = types;
	const struct model_resource *resource;

	if (by_hand && by_hand->forced != VALUE_NONE)
		return by_hand->forced;
	resource = model_find(path);
	return resource ? resource->type : VALUE_NONE;
}

enum value_type model_type_parse(const char *name)
{
	for (enum value_type type = VALUE_STRING; type < _VALUE_TYPE_MAX; type++)
		if (strcmp(value_type_name(type), name) == 0)
			return type;
	return VALUE_NONE;
}
