# The framing of the messages inside our samples (design.md section 5). Published are the message ids up to
# 31 and 67 and who sends them (facts.md section 2); everything else is assumed.
name         assumed-1
origin       assumed
byte-order   big
header       12
type         2 2
length       4 2 total
transaction  8 4
elements     tlv 2 2 value
message      1 ECHO_REQUEST engine
message      2 ECHO_RESPONSE controller
message      7 CAPABILITY_NOTIFICATION both
message      13 MEASUREMENT_REQUEST engine
message      14 MEASUREMENT_RESPONSE controller
message      15 MEASUREMENT_NOTIFICATION controller
message      16 INFORMATION_REQUEST engine
message      17 INFORMATION_RESPONSE controller
message      18 INFORMATION_NOTIFICATION controller
message      20 STATISTICS_REQUEST engine
message      21 STATISTICS_RESPONSE controller
message      22 STATISTICS_NOTIFICATION controller
message      30 SERVICE_SUBSCRIBE_REQUEST engine
message      31 SERVICE_SUBSCRIBE_RESPONSE controller
message      40 LOCATION_REQUEST engine assumed
message      41 LOCATION_RESPONSE controller assumed
message      67 AP_INFO_NOTIFICATION controller
element      1 SERVICE_MASK mask
element      2 VERSION u8
element      3 NAME text
element      4 STATUS u16
element      5 RSSI_INTERVAL u16
element      6 INFORMATION_INTERVAL u16
element      7 STATISTICS_INTERVAL u16
element      8 ATTACHMENT_INTERVAL u16
element      9 TIME time
element      10 MAC mac
element      11 IP4 ip4
element      12 VLAN u16
element      13 PACKETS u32
element      14 TRAFFIC u64
element      15 RSSI u8
element      16 TARGET u16
element      17 BULK bytes
