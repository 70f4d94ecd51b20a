"""Further members of each kind of file, by what is right: the serials read and how many rows are at fault, or
None: refused. A kind is the first word of a file of cases/, which has at least five of them, or a word."""
import zlib

A, B, C, D = "C02XK1ABJG5H", "F4K9X72HG3", "DMPXK1ABJG5H", "7AGC74BU22"
TENS = ["K0C47GVXH1", "GF4GNRD13X", "QGP679GT5C", "M8L3H7WCV4", "50TWVJL3PV", "097VXHRKKH", "Y7J5W0HR69", "HFM07DWXD6", "J0CHW8LL6D"]
TWELVES = ["C02G3XABJG5H", "DMPT14ZKMD6R", "F9FQ28CPLYWF"]
MANY = ["C02XK1%04dH%s" % (i, "X" if i % 2 else "J") for i in range(1000, 1060)]
PAIRS = list(zip(MANY[:12], MANY[24:36]))
PAIRS3 = "".join("%s,%s,W95674321%d\n" % (*p, i) for i, p in enumerate(PAIRS))
PAIRS4 = "".join("%s;%s;b;%d\n" % (*p, i) for i, p in enumerate(PAIRS))
SPARSE = "User,Replacement,Serial Number,Notes\n" + "".join("n%d,,%s,\n" % (i, s) for i, s in enumerate(MANY[:19]))
T20 = "\n".join("n%d,%s,iPad" % (i, s) for i, s in enumerate(MANY[:24]))


def zip_of(name, content):
    """As much of a ZIP archive as is looked at: a member that is stored."""
    data = content.encode()
    head = b"PK\3\4\x14\0\0\0\0\0\0\0\0\0" + zlib.crc32(data).to_bytes(4, "little")
    head += len(data).to_bytes(4, "little") * 2 + len(name).to_bytes(2, "little") + b"\0\0"
    return head + name.encode() + data


MEMBERS = [
    # A1: a cell too many, and the serial of another thing where the device's is read
    ("A1", "User,Replacement Serial,Serial Number,Name\nMiller,%s,%s,x\nSmith, John,%s,%s\n" % (C, A, D, B), [A], 1),
    ("A1", "Name,Old Serial,Serial Number,Site,Room\nx,%s,%s,a,b\nSmith, J,%s,%s,a\n" % (C, A, "K3P9X72HG8", D), [A], 1),
    ("A1", "Monitor Serial,Serial Number\nK3P9X72HG8,%s\nK3P9X72HG9,%s\nK3P9X72HG7,%s\nx y,K3P9X72HG6\n" % (A, B, C), [A, B, C], 1),
    ("A1", "Monitor Serial,Serial Number\nK3P9X72HG8,%s\nK3P9X72HG9,%s\nn/a,%s\nK3P9X72HG7,%s\n" % (A, B, C, D), [A, B, C, D], 0),
    ("A1", "IMEI,Serial Number\n350697157580016,%s\n350697157580017,%s\nx y,350697157580018\n" % (A, B), [A, B], 1),
    ("A1", "IMEI;Old Serial;Serial\n350697157580016;;%s\n350697157580017;K3P9X72HG8;%s\n350697157580018;;%s\n"
     "350697157580019;K3P9X72HG7;%s\nx y;350697157580020;K3P9X72HG6\n" % (A, B, C, D), [A, B, C, D], 1),
    ("A1", "Name|Tag|Old Serial|Serial #|OS\nx|IPAD0001|K3P9X72HG8|%s|17.1\ny|IPAD0002|K3P9X72HG7|%s|17.2\nz|IPAD0003|K3P9X72HG5|%s|17.2\n"
     "v|z|IPAD0004|K3P9X72HG6|%s\n" % (A, B, C, D), [A, B, C], 1),
    ("A1", "Wi-Fi MAC;Serial Number\nBE2EFC0B02AF;%s\nDF53EC37C0D5;%s\n042BF9AE3080;%s\nx y;174FF17D95A5\n" % (A, B, C), [A, B, C], 1),
    ("A1", "Site,Name,Serial,New Serial,Room\na,x,%s,K3P9X72HG8,1\nb,y,%s,K3P9X72HG7,2\na,z,%s,K3P9X72HG5,3\na v,%s,K3P9X72HG6,4\n" % (A, B, C, D),
     [A, B, C], 1),
    ("A1", "Name,Serial,Old Serial\nx,%s,K3P9X72HG8\ny,%s,K3P9X72HG7\nz%s,K3P9X72HG6\n" % (A, B, C), [A, B], 1),
    ("A1", "Date,Site,Old Serial,Serial\n2026-01-02,a,,%s\n2026-01-03,b,K3P9X72HG7,%s\n2026-01-04,b,,%s\n2026-01-05,c,K3P9X72HG5,%s\n"
     % (A, B, C, D), [A, B, C, D], 0),
    ("A1", "Site,Old Serial,Serial\na,%s,%s\nb,%s,%s\na,b,K3P9X72HG6\n" % (C, A, D, B), [A, B], 1),
    # few: with few rows a damaged one says nothing of what columns hold; the others and the header do
    ("few", "Name,Model,Serial Number,New Serial\nx y,iPad,%s,%s\nz viPad,%s,K3P9X72HG8\n" % (A, B, C), [A], 1),
    ("few", "User,Old Serial,Serial Number,Notes\nx,,K3P9X72HG8,%s,\ny,%s,%s,ok\n" % (A, B, C), [C], 1),
    ("few", "User;Serial Number;Ersatz\nx;%s;\nHuber7AGC74BU23;K3P9X72HG8\n" % A, [A], 1),
    ("few", "Room,Serial Number,Loaner,User\nB1%s,K3P9X72HG8,x\nB2,%s,%s,y\n" % (A, B, C), [B], 1),
    ("few", "Name,Serial,Room\nx,%s,B1\ny,%sB2\n" % (A, B), [A], 1),
    ("few", "Name,Serial,Room\nx,%s,B1\ny,%s\n" % (A, B), [A, B], 0),
    # lost: the serial is gone together with its delimiter, and that of the column behind has moved into its place
    ("lost", "Name,Serial Number,Replacement Serial\nx,%s,K3P9X72HG8\ny,K3P9X72HG7\nz,%s,\n" % (A, B), [A, B], 1),
    ("lost", "User;Serial Number;New Serial;Notes\nx;%s;K3P9X72HG8;a\ny;K3P9X72HG7;b\nz;%s;;\n" % (A, B), [A, B], 1),
    ("lost", "User,Serial Number,New Serial,Notes\nx,%s,K3P9X72HG8,a\ny,K3P9X72HG7,\nz,%s,,c\n" % (A, B), [A, B], 1),
    ("lost", "Serial Number,Loaner\n%s,K3P9X72HG8\nK3P9X72HG7\n%s,\n" % (A, B), [A, B], 1),
    ("lost", "Serial\tMonitor Serial\tUser\n%s\tK3P9X72HG8\tx\nK3P9X72HG7\ty\n%s\t\tz\n" % (A, B), [A, B], 1),
    ("lost", "Name,Serial,New Serial,Monitor Serial\nx,%s,K3P9X72HG8,%s\ny,K3P9X72HG7,%s\nz,%s,%s,%s\n" %
     (A, C, D, B, "K3P9X72HG5", "K3P9X72HG6"), [A, B], 1),
    ("lost", "Asset Tag,Serial,Replaced by\nIPAD0001,%s,K3P9X72HG8\nIPAD0002,K3P9X72HG7\n" % A, [A], 1),
    ("lost", "Asset Tag,Serial,Replacement Serial\nIPAD0002,K3P9X72HG7\n", [], 1),
    # single: the only row ends in its serial, and what belongs behind it may be joined to it
    ("single", "Name,Serial Number,Room\nx,F4K9X72HG3B1\n", [], 1),
    ("single", "Name;Serial Number;Room\nx;%sB1\n" % A, [], 1),
    ("single", "Serial Number,Model\nF4K9X72HG3iPad\n", [], 1),
    ("single", "Serial Number\tQty\n%s1\n" % B, [], 1),
    ("single", "Name,Serial Number,Room\nx,%sB1\ny,%sB2\n" % (B, D), [], 2),
    ("single", "Name,Serial Number,Room\nx,F4K9X72HG3B1,\n", ["F4K9X72HG3B1"], 0),
    ("single", "Name,Serial Number,Room\nx,%s\n" % A, [A], 0),
    ("single", "Name,Serial Number,Room\nx,%s\n" % B, [B], 0),
    # rule: lines that are drawn are no rows; what may stand for a serial that is hidden is one at fault
    ("rule", "Serial Number\n-------------\n%s\n%s\n" % (A, B), [A, B], 0),
    ("rule", "| Serial Number | Name |\n|:--------------|-----:|\n| %s | x |\n| %s | y |\n" % (A, B), [A, B], 0),
    ("rule", "+---------------+------+\n| Serial Number | Name |\n+===============+======+\n| %s | x |\n| %s | y |\n+---------------+------+\n" % (A, B), [A, B], 0),
    ("rule", "\u2500\u2500\u2500\u2500\n%s\n\u2014\u2014\u2014\n%s\n%s\n" % (A, B, C), [A, B, C], 0),
    ("rule", "%s %s\n-----\n%s\n" % (A, B, C), [A, B, C], 0),
    ("rule", "Serial;Name\n%s;x\n---;---\n%s;y\n=====\n" % (A, B), [A, B], 0),
    ("rule", "Serial\n%s\n**********\n%s\n" % (A, B), [A, B], 1),
    ("rule", "Serial\n%s\n...\n%s\n" % (A, B), [A, B], 1),
    ("rule", "Serial,Name\n%s,x\n---,y\n%s,z\n" % (A, B), [A, B], 1),
    # part: Apple's part numbers without their slash are no serials
    ("part", "Order,Part,Serial Number\nW1,MK2L3LL/A,%s\nW2,Z15G000CKD,%s\n" % (A, B), [A, B], 0),
    ("part", "Artikel;Gerät\nZ15G000CKD;%s\nZ15G000CKE;%s\n" % (A, B), None, 0),
    ("part", "Serial Number,Model\n%s,iPad\nMK2L3LLA,iPad\nZ15G000CKD,iMac\n" % A, [A], 2),
    # made-up: as people write who try something, all lines alike
    ("made-up", "AAAAAAAAAA01\nAAAAAAAAAA02\nAAAAAAAAAA03\n", ["AAAAAAAAAA01", "AAAAAAAAAA02", "AAAAAAAAAA03"], 0),
    ("made-up", "AAAAAAAAAA03\n", ["AAAAAAAAAA03"], 0),
    ("made-up", "# ours\nTEST000001 # one\nTEST000002\n", ["TEST000001", "TEST000002"], 0),
    ("made-up", "SERIAL0001\nSERIAL0002\n", ["SERIAL0001", "SERIAL0002"], 0),
    ("made-up", "Serial,User\nAAAAAAAAAA03,x\n", ["AAAAAAAAAA03"], 0),
    ("made-up", "AB1234567890\n3C22FB129A0E\n", None, 0),
    ("made-up", "AAAAAAAAAAAA\nBBBBBBBBBBBB\n", None, 0),
    ("made-up", "ABCDEFGHIJKLM\n", None, 0),
    ("made-up", "LAPTOPS2026\nTEST0000001\nTEST0000002\n", None, 0),
    ("made-up", "SERIALNUMBER1\nSERIALNUMBER2\n", None, 0),
    ("made-up", "A4FC1412AB01\nA4FC1412AB02\n", None, 0),
    # notes: a text that names another device
    ("notes", "Serial Number,Notes\n%s,ok\n%s,%s\n%s,to HR\n" % (A, B, C, D), [A, B, D], 0),
    ("notes", "Name;Seriennummer;Bemerkung\nx;%s;Austausch geplant\ny;%s;%s\nz;%s;\n" % (A, B, C, D), [A, B, D], 0),
    ("notes", "Serial,Reason\n%s,display is broken\n%s,%s\n%s,lost in Rome\n" % (A, B, C, D), [A, B, D], 0),
    ("notes", "User,Old Serial,Serial Number,Notes\nx,%s,%s,ok\nSmith, John,%s,%s\n" % (C, A, "K3P9X72HG8", D), [A], 1),
    # every: the same delimiter too many in every row
    ("every", "Name,Old Serial,Serial,Notes\nSmith, Anna,%s,%s\nMiller, Tom,%s,%s\n" % (A, C, B, D), [], 2),
    ("every", "User,Loaner,Serial,Notes\nSmith, A,%s,%s,\nMiller, T,%s,%s,\n" % (A, C, B, D), [], 2),
    ("every", "User;Loaner;Serial;Site\nSmith; A;%s;%s\nMiller; T;%s;%s\n" % (A, C, B, D), [], 2),
    # A5: a cell too many, and a number where the serial is read
    ("A5", "Notes,Order,Serial Number\nlost,W123456789,%s\n\"lost, stolen\",W123456780,%s\nold, used,W123456781,%s\n" % (A, B, C), [A, B], 1),
    ("A5", "Name;Asset Tag;Seriennummer\nx;IPAD0001;%s\nMeier; A;IPAD0002;%s\n" % (A, B), [A], 1),
    ("A5", "Serial Number,Notes\n%s,ok\n%s,lost, stolen\n%s,,,\n" % (A, B, C), [A, C], 1),
    ("A5", "Name,Order,Serial Number,Model\nx,W1,%s,iPad\nSmith, J,W2,%s\n" % (A, B), [A], 1),
    ("A5", "Device,Serial Number,Name\n%s,'%s,x\n%s,%s,y\n" % (A, A, B, "=\"\"" + B + "\"\""), [A], 1),
    ("A5", "Serial Number,Ticket\n%s,27R9GAXFTG\nTotal,1\n" % A, [A], 1),
    ("A5", "Room\tPO\tSerial\nA1\t0012345678\t%s\nB\t2\t0012345679\t%s\n" % (A, B), [A], 1),
    ("A5", "Notes|Barcode|Serial No.|Name\nx|4006381333931|%s|y\nx|z|4006381333932|%s|y\n" % (A, B), [A], 1),
    ("F3", "DTFTKRLNYK,x\nName,Serial Number\nx,%s\ny,%s\n" % (A, B), None, 0),
    # A2: one line
    ("A2", "%s;%s;%s\n" % (A, B, C), [A, B, C], 0),
    ("A2", "%s\t%s\t%s\t" % (A, B, C), [A, B, C], 0),
    ("A2", "%s %s\n" % (A, B), [A, B], 0),
    ("A2", "%s, %s, %s,\n%s\n" % (A, B, C, D), [A, B, C, D], 0),
    ("A2", "# all\n%s|%s\n" % (A, B), [A, B], 0),
    ("A2", "%s,%s\n%s,%s\n" % (A, B, C, D), None, 0),
    ("A2", "%s\n%s,%s\n%s\n" % (A, B, C, D), [A, B, C, D], 0),
    ("A2", "%s,x\n%s,%s\n%s,y\n" % (A, B, C, D), [A, D], 1),
    ("A2", "Serial Number\n%s,%s,%s\n" % (A, B, C), [], 1),
    ("A2", "Serial Number,%s,%s,%s\n" % (A, B, C), None, 0),
    ("A2", "MPGJQVFGVD\t%s\n" % A, None, 0),
    ("A2", "%s;MPGJQVFGVD\n" % A, None, 0),
    ("A2", "%s;MACBOOKPRO\n" % A, [A], 0),
    ("A2", "VTHRMWKRTC,%s\nQML7GT2103,%s\nXWYLK99873,%s\n" % (A, B, C), None, 0),
    ("A2", "MBP0012345,%s\nMBP0012346,%s\n" % (A, B), [A, B], 0),
    ("A2", "%s, %s and %s\n" % (A, B, C), [], 1),
    ("A2", "%s; CEO\n%s; board, with %s\n%s; x\n" % (A, B, C, D), [A, D], 1),
    ("A2", "%s\tand (%s)\n%s\tlost\n" % (A, B, C), [C], 1),
    # B1: a damaged first line
    ("B1", "C02XK1-ABJG5H\n%s\n%s\n" % (B, C), None, 0),
    ("B1", "\u0421" + "02XK1ABJG5H\n%s\n" % B, None, 0),
    ("B1", "C02XK1ABJG5\u200bH\n%s\n%s\n" % (B, C), None, 0),
    ("B1", "C02XK1_ABJG5H,CEO\n%s,x\n%s,y\n" % (B, C), None, 0),
    ("B1", "# list\n%s.%s\n%s\n" % (A[:6], A[6:], B), None, 0),
    ("B1", "# list\n%s # CEO\n\n%s\n" % (A, B), [A, B], 0),
    # B5: no name of the serial is known, a tag comes first
    ("B5", "Inventarnummer;Seriennummer des Geräts\nIPAD0001;%s\nIPAD0002;%s\n" % (A, B), [A, B], 0),
    ("B5", "IPAD0001,%s\nIPAD0002,%s\n" % (A, B), [A, B], 0),
    ("B5", "IPAD0001\nIPAD0002\nIPAD0003\n", None, 0),
    ("B5", "Tag,Ding\nIPAD0001,%s\nIPAD0002,%s\n" % (A, B), None, 0),
    ("B5", "Étiquette\tN° série machine\nTAB-0001\t%s\nTAB-0002\t%s\n" % (A, B), [A, B], 0),
    ("B5", "Barcode|Device SN (Apple)\n4006381333931|%s\n4006381333948|%s\n" % (A, B), [A, B], 0),
    # B8: what a scanner reads
    ("B8", "Serial\nS%s\nS%s\n" % (A, B), None, 0),
    ("B8", "SC02XK1ABJG5H\n", None, 0),
    ("B8", "Name;Seriennummer\nx;S%s\ny;S%s\n" % (A, B), None, 0),
    ("B8", "S%s,S%s,S%s\n" % (A, B, C), None, 0),
    ("B8", "s%s\ns%s\n" % (A.lower(), B.lower()), None, 0),
    ("B8", "1S%s\n1S%s\n1S%s\n" % (A, B, C), None, 0),
    ("B8", "Serial\nSN%s\nSN%s\n" % (B, D), None, 0),
    ("B8", "1S%s;1S%s;S%s\n" % (B, D, A), None, 0),
    ("B8", "Barcode\nS%s\nS%s\n" % (A, B), None, 0),
    ("B8", "Scan,Time\n1S%s,10:00\n1S%s,10:01\n" % (A, B), None, 0),
    # C: first lines that look like serials
    ("C1", "Textbox1,Textbox2\nTextbox13,Textbox14\nGerät,Seriennummer\nx,%s\n" % A, [A], 0),
    ("C4", "Name0,SerialNumber0,Model0\nPC000001,%s,iPad\n" % A, [A], 0),
    ("C4", "v_R_System.Name0,v_GS_PC_BIOS.SerialNumber0\nMAC00001,%s\n" % A, [A], 0),
    ("C1", "Column1;Column2\nInventar2026;Geraete2026\nName;Seriennummer\nx;%s\n" % A, [A], 0),
    ("C1", "Report20261128\nDEVICES0001\n\nModel,Serial Number\niPad,%s\niPad,%s\n" % (A, B), [A, B], 0),
    ("C1", "Textbox12\nSerial\n%s\n%s\n" % (A, B), [A, B], 0),
    ("C4", "MACHINE0,SERIALNUMBER0\nMAC00001,%s\nMAC00002,%s\n" % (A, B), [A, B], 0),
    ("C4", "ResourceID0\tSerialNumber00\n16777221\t%s\n16777222\t%s\n" % (A, B), [A, B], 0),
    ("C4", "hardware_serial1,hostname1\n%s,MAC00001\n" % A, [A], 0),
    ("C1", "SERIALNUMBER\n%s\n%s\n" % (A, B), [A, B], 0),
    # D: ID and group rows
    ("D1", "ID;Geräteseriennummer;Name\n10000234;%s;x\n10000235;%s;y\n" % (A, B), [A, B], 0),
    ("D1", "SN,Mobile Device Serial\n1,%s\n2,%s\n" % (A, B), [A, B], 0),
    ("D2", "Device,,Owner,\nID,Serial,Name,Site\n1,%s,x,y\n" % A, [A], 0),
    ("D1", "id,type,serialNumber\n%s,orgDevices,%s\n" % (A, A), [A], 0),
    ("D1", "id,type\n%s,orgDevices\n%s,orgDevices\n" % (A, B), [A, B], 0),
    ("D1", "Serial,Device ID\n1,%s\n2,%s\n" % (A, B), None, 0),
    ("D2", "Gerät;ID;Vertrag;\nName;Nummer;Seriennummer;Ort\nx;1;%s;a\ny;2;%s;b\n" % (A, B), [A, B], 0),
    ("D2", "Owner,,Hardware\nName,ID,Serial Number\nx,1,%s\ny,2,%s\n" % (A, B), [A, B], 0),
    ("D2", "ID,ID,ID\nAsset,Serial No.,Model\nIPAD0001,%s,iPad\nIPAD0002,%s,iPad\n" % (A, B), [A, B], 0),
    ("D2", "People\t\tThings\t\nDevice ID\tUser\tSerial\tModel\n7\tx\t%s\tiPad\n8\ty\t%s\tiPad\n" % (A, B), [A, B], 0),
    # E: headers again
    ("E1", "Serial\n%s\nSerial\n%s\n" % (A, B), [A, B], 0),
    ("E1", "serialNumber,deviceModel\n%s,iPad\ndeviceModel,serialNumber\niPhone,%s\n" % (A, B), None, 0),
    ("E1", "Serial Number;Model\n%s;iPad\nSeriennummer;Modell\n%s;iPad\n" % (A, B), None, 0),
    ("E1", "SerialNumber0,Name0\n%s,x\nSERIALNUMBER0,NAME0\n%s,y\n" % (A, B), [A, B], 0),
    ("E1", "%s\nserial number\n%s\n" % (A, B), None, 0),
    ("E1", "Name,Serial\nx,%s\n\nName,Serial\ny,%s\n" % (A, B), [A, B], 0),
    # an export behind another one, with its columns in another order and what nobody sees before its first header
    ("E1", "Serial,Replacement\n%s,%s\n\ufeffReplacement,Serial\n%s,%s\n" % (A, B, C, D), None, 0),
    ("E1", "\ufeffSerial,Name,Replacement\n%s,x,%s\n\ufeffReplacement,Name,Serial\n%s,y,%s\n" % (A, B, C, D), None, 0),
    ("E1", "Serial;Ersatz\n%s;%s\n\u200bREPLACEMENT\u00a0;Serial\n%s;%s\n" % (A, B, C, D), None, 0),
    ("E1", "Serial,Substitute\n%s,%s\n\"Substitute \",Serial\n%s,%s\n" % (A, B, C, D), None, 0),
    ("E1", "Serial\tMacBooksNew\n%s\t%s\n 'MacBooksNew\tSerial\n%s\t%s\n" % (A, B, C, D), None, 0),
    ("E1", "\ufeffSerial,Name\n%s,x\n\ufeffSerial,Name\n%s,y\n" % (A, B), [A, B], 0),
    # and other words for the serial
    ("E1", "Serial,Loaner\n%s,%s\nLoaner,Device SN\n%s,%s\n" % (A, B, C, D), None, 0),
    ("E1", "Serial Number,New Mac\n%s,%s\nNew Mac,Computer Serial\n%s,%s\n" % (A, B, C, D), None, 0),
    ("E1", "Seriennummer;Leihgerät\n%s;%s\nLeihgerät;Geräte-Seriennummer\n%s;%s\n" % (A, B, C, D), None, 0),
    ("E1", "Name,Serial,Spare\nx,%s,%s\nUser,Spare,Mac Serial Number\ny,%s,%s\n" % (A, B, C, D), None, 0),
    ("E1", "Serial|Loaner\n%s|%s\n\ufeffLoaner|\ufeffSN Device\n%s|%s\n" % (A, B, C, D), None, 0),
    ("E1", "Name,Serial,Model\nx,%s,PC\nz,System Serial Number,PC\ny,%s,PC\n" % (A, B), [A, B], 1),
    # F: delimiters
    ("F1", "Name; Vorname,Seriennummer\nMeier; A,%s\nHuber; B,%s\n" % (A, B), [A, B], 0),
    ("F1", "sep=;\nSerial;Model\n%s;iPad, 9th\n" % A, [A], 0),
    ("F1", "Serial|Model\n%s|iPad, 9th; new\n" % A, [A], 0),
    ("F3", "Liste, Geräte\nStand, heute\n\nSeriennummer\tModell\n%s\tiPad, 9\n" % A, [A], 0),
    ("F1", "Name, first\tSerial\nMeier, A\t%s\n" % A, [A], 0),
    ("F1", "Last, first;Serial;Seats, total\nMeier, A;%s;1,5\nHuber, B;%s;2,5\n" % (A, B), [A, B], 0),
    ("F3", "Inventory; all sites\nas of; today\n\nName,Serial Number\nx,%s\ny,%s\n" % (A, B), [A, B], 0),
    ("F3", "a,b,c,d,e\nReport, 2 parts\nName;Seriennummer\nMeier;%s\nHuber;%s\n" % (A, B), [A, B], 0),
    ("F3", "Filter|none\nRows|2\nName\tSerial #\nx\t%s\ny\t%s\n" % (A, B), [A, B], 0),
    ("F3", "# made by hand; do not edit, please\n# twice\nModel;Serial No.;Site\niPad, 9th;%s;a\niPad, 9th;%s;b\n" % (A, B), [A, B], 0),
    # G: headers that are there twice
    ("G1", "Serial,Model,Model\n%s,a,b\n" % A, [A], 0),
    ("G1", "Serial,WiFi MAC,wifi_mac\n%s,a,b\n" % A, [A], 0),
    ("G1", "Serial,,,Notes\n%s,a,b,c\n" % A, [A], 0),
    ("G1", "Serial Number,Serial Number\n%s,%s\n" % (A, B), None, 0),
    ("G1", "Notes,Notes,Notes,Serial\n1,2,3,%s\n" % A, [A], 0),
    # H: rows of nothing, totals
    ("H1", "Serial;Model\n;\n%s;iPad\n ; \n\"\";\"\"\n" % A, [A], 0),
    ("H1", "Serial,Model\n%s,iPad\n\t,\u00a0\n" % A, [A], 0),
    ("H1", "Serial,Model,,,\n%s,iPad,,,\n,,,,\n" % A, [A], 0),
    ("H1", "Name,Serial Number,Model\n%s\nTotal: 24,,\n" % T20, MANY[:24], 1),
    ("H1", "Name,Serial Number,Model\n%s\nTotal: 24\n\nend of report\n" % T20, MANY[:24], 2),
    ("H1", "Serial,Model\nTotal,1\n%s,iPad\n" % A, [A], 1),
    # I1: files that are no text; I2: texts that are no list
    ("I1", zip_of("Index/Document.iwa", "Index/Tables/Tile.iwa"), "a Numbers document", 0),
    ("I1", zip_of("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument file", 0),
    ("I1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "an Excel workbook (.xls)", 0),
    ("I1", b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + zlib.compress(A.encode())[2:-4], "a gzip archive", 0),
    ("I1", b"%%PDF-1.4\n%%\xe2\xe3\xcf\xd3\n%s\n" % A.encode(), "a PDF", 0),
    ("I1", b"bplist00\xd1\x01\x02Vserial\x5c" + A.encode(), "a property list", 0),
    ("I1", zip_of("devices.csv", A), "a ZIP archive", 0),
    ("I1", b"SQLite format 3\0" + bytes(84) + A.encode(), "a SQLite database", 0),
    ("I2", "\n  <html><body>%s</body></html>" % A, "a web page", 0),
    ("I2", "<!DOCTYPE html>\n<title>Log in</title><form>%s</form>" % A, "a sign-in page", 0),
    ("I2", "<?xml version=\"1.0\"?><plist><string>%s</string></plist>" % A, "a property list", 0),
    ("I2", "{\"data\": [{\"id\": \"%s\"}]}" % A, "JSON", 0),
    ("I2", "[\n  {\"serial\": \"%s\"}\n]\n" % A, "JSON", 0),
    ("I2", "{\\rtf1\\ansi %s}" % A, "RTF", 0),
    ("I2", "MIME-Version: 1.0\nSubject: list\n\n%s\n" % A, "a mail", 0),
    ("I2", "<table><tr><td>Serial</td></tr><tr><td>%s</td></tr></table>" % A, "a web page", 0),
    ("I2", "", "is empty", 0),
    ("I2", "\n\n \n", "is empty", 0),
    # J: what nobody sees
    ("J1", "Serial\n\u00ad%s\u200b\n\u2066%s\u2069\n" % (A, B), [A, B], 0),
    ("J1", "Serial\n\u202f%s\u2007\n\u2003%s\n" % (A, B), [A, B], 0),
    ("J1", "Serial\nC02XK1\u200bABJG5H\n%s\n" % B, [B], 1),
    ("J1", "Serial\n\uff23\uff10\uff12XK1ABJG5H\n%s\n" % B, [B], 1),
    ("J1", "Serial\n=\"%s\"\n'%s\n" % (A, B), [A, B], 0),
    ("J1", "'%s',\n'%s',\n" % (A, B), [A, B], 0),
    ("J1", "Serial\n\u201c%s\u201d\n\u201e%s\u201c\n\u2018%s\u2019\n" % (A, B, C), [A, B, C], 0),
    ("J1", "\ufeff\ufeffSerial\n%s\n" % A, [A], 0),
    ("J1", "Serial\n1.23E+11\n%s\n" % B, [B], 1),
    # K: names of the serial
    ("K1", "Mobile Device Serial,Display Name\n%s,x\n" % A, [A], 0),
    ("K1", "Name,Serial Numbers\nx,%s\n" % A, [A], 0),
    ("K1", "Nom,N° de série de l'appareil\nx,%s\n" % A, [A], 0),
    ("K1", "名前,デバイスのシリアル番号\nx,%s\n" % A, [A], 0),
    ("K1", "Nombre;Nº de serie\nx;%s\n" % A, [A], 0),
    ("K1", "Naam van apparaat;Serienummer toestel\nx;%s\n" % A, [A], 0),
    ("K1", "Name,Old Serial,New Serial\nx,%s,%s\n" % (A, B), None, 0),
    ("K1", "Monitor Serial Number,Serial Number\n%s,%s\n" % (B, A), [A], 0),
    ("K1", "Cihaz Adı;Seri Numarası\nx;%s\ny;%s\n" % (A, B), [A, B], 0),
    ("K1", "Cihaz;SERİ NO\nx;%s\n" % A, [A], 0),
    ("K1", "Устройство;Серийный номер\nx;%s\n" % A, [A], 0),
    ("K1", "Zařízení;Sériové číslo\nx;%s\n" % A, [A], 0),
    ("K1", "Dispositivo;Matricola;Sede\nx;%s;Roma\ny;%s;Roma\n" % (A, B), [A, B], 0),
    ("K1", "Equipment;Hersteller-Ser.Nr.;Bezeichnung\n10001234;%s;iPad\n" % A, [A], 0),
    ("K1", "Usernr;Tagnr\n%s;%s\n%s;%s\n" % (A, B, C, D), None, 0),
    ("K1", "מספר סידורי,שם\n%s,x\n" % A, [A], 0),
    ("K1", "N.;Dispositivo;N. di serie\n1;iPad;%s\n2;iPad;%s\n" % (A, B), [A, B], 0),
    ("K1", "Ssz.;Eszköz;Gyári szám\n1;iPad;%s\n2;iPad;%s\n" % (A, B), [A, B], 0),
    ("K1", "מכשיר,מספר סריאלי\niPad,%s\niPad,%s\n" % (A, B), [A, B], 0),
    # joined: every serial has the same text joined to it
    ("joined", "Serial\n" + "".join("IPAD%s\n" % s for s in TENS), None, 0),
    ("joined", "Serial,User\n" + "".join("%sDE,x\n" % s for s in TENS), None, 0),
    ("joined", "".join("DE%s\n" % s for s in TENS), None, 0),
    ("joined", "Seriennummer;Ort\n" + "".join("X%sY;a\n" % s for s in TENS), None, 0),
    ("joined", "Name,Serial\n" + "".join("x,P%s\n" % s for s in TENS), None, 0),
    ("joined", "Equipment\tSerialNo\n" + "".join("1\t%s\n" % s.rjust(16, "0") for s in TENS + TWELVES), None, 0),
    ("joined", "Serial\n" + "".join("APPLE%s\n" % s for s in TWELVES), None, 0),
    ("joined", "MAC%s, MAC%s, MAC%s\n" % tuple(TENS[:3]), None, 0),
    ("joined", "Serial\n" + "".join("C02%s\n" % s[3:] for s in TWELVES), ["C02" + s[3:] for s in TWELVES], 0),
    ("joined", "Serial\n" + "".join("C0%d%s%s\n" % (i % 3, s[3:8], "JG5H") for i, s in enumerate(TENS)),
     ["C0%d%s%s" % (i % 3, s[3:8], "JG5H") for i, s in enumerate(TENS)], 0),
    # same: two columns with the same serials
    ("same", "Serial Number,Hardware Serial\n%s,%s\n%s,%s\n" % (A, A, B, B), [A, B], 0),
    ("same", "Serial Number;Seriennummer\n%s;%s\n%s;%s\n" % (A, A.lower(), B, B), None, 0),
    ("same", "Serial Number,Hardware Serial\n%s,%s\n%s,%s\n" % (A, A, B, C), None, 0),
    # lines: a list in a cell, and no delimiter that fits
    ("lines", "Pos;Artikel;Seriennummern\n1;iPad;%s, %s\n2;iPad;%s, %s\n" % (A, B, C, D), None, 0),
    ("lines", "Artikel|Serials\niPad|%s,%s,%s\n" % (A, B, C), None, 0),
    ("lines", "Item;Count;Serial Numbers\niPad;2;%s,%s\n" % (A, B), None, 0),
    # encodings that nothing names
    ("encoded", "%s" % A, [A], 0), ("encoded", ("%s" % A).encode("utf-16-le"), [A], 0), ("encoded", ("%s" % B).encode("utf-16-be"), [B], 0),
    ("encoded", ("%s %s %s" % (A, B, C)).encode("utf-16-be"), [A, B, C], 0), ("encoded", ("%s %s" % (B, A)).encode("utf-16-le"), [B, A], 0),
    # above: a device above the header, whole, damaged or in a line of words
    ("above", "SN: %s\nSerial Number,Name\n%s,x\n%s,y\n" % (D, A, B), None, 0),
    ("above", "Serial Number: %s\nSerial Number,Name\n%s,x\n%s,y\n" % (D, A, B), None, 0),
    ("above", "%s %s\nSerial Number\n%s\n%s\n" % (D, C, A, B), None, 0),
    ("above", "7AGC-74BU22;CEO\nName;Seriennummer\nx;%s\ny;%s\n" % (A, B), None, 0),
    ("above", "7AGC 74BU22\nSerial,Name\n%s,x\n" % A, None, 0),
    ("above", "(%s)\nDevice Serial,Name\n%s,x\n" % (D, A), None, 0),
    ("above", "MPGJQ-VFGVD\nSerial\n%s\n" % A, None, 0),
    ("above", "#%s\nSerial,Name\n%s,x\n" % (D, A), None, 0),
    ("above", "Serial,Name\n7AGC-74BU22,x\nSerial,Name\n%s,y\n%s,z\n" % (A, B), [A, B], 1),
    ("above", "Report of 2026-11-28, 3 devices\nSite: Berlin 2\nSerial,Name\n%s,x\n" % A, [A], 0),
    ("above", "SN: %s\nSN: %s\n" % (A, B), None, 0),
    ("both", "%s\nOld Serial\tSite\tNuméro de série\n%s\tx\tF4K9-72HG3\n%s\ty\tF4K9-72HG4\n" % (D, A, B), None, 0),
    ("both", "%s,x\nDevice,Seriennummer\n%s,F4K9 72HG3\n%s,F4K9 72HG4\n" % (D, A, B), None, 0),
    # last: a row behind the others that holds a device is no total
    ("last", "Name,Serial Number,Model\n%s\n%s (new)\n" % (T20, D), MANY[:24], 1),
    ("last", "Name,Serial Number,Model\n%s\nSN: %s\n" % (T20, D), MANY[:24], 1),
    ("last", "Name,Serial Number,Model\n%s\nTotal: %s\n" % (T20, D), MANY[:24], 1),
    ("last", "Name,Serial Number,Model\n%s\nx,7AGC 74BU22,iPad\n" % T20, MANY[:24], 1),
    ("last", "Name,Serial Number,Model\n%s\nx,MPGJQVFGVD!,iPad\n" % T20, MANY[:24], 1),
    ("last", "Name,Serial Number,Model\n%s\n7AGC-74BU22\nTotal: 24\n" % T20, MANY[:24], 2),
    # quotes: one that opens and closes lines later swallows no rows
    ("quotes", 'Serial,Name\n%s,"x\n%s,y\n%s,z"\n%s,v\n' % (A, B, C, D), None, 0),
    ("quotes", 'Name,Serial\n"x,%s\ny,%s\nz",%s\nv,%s\n' % (A, B, C, D), None, 0),
    ("quotes", 'Serial;Name\n%s;"x\n%s;y"\n%s;z\n' % (A, B, C), None, 0),
    ("quotes", 'Serial,Tag\n%s,"1\nMPGJQVFGVD,2\n",3\n%s,4\n' % (A, C), None, 0),
    ("quotes", 'Serial,Name,Note\n%s,x,"5"" display\n7AGC-74BU22,y,z\n%s,z,w"\n%s,v,u\n' % (A, B, C), None, 0),
    ("quotes", 'Name,Serial,Note\nx,%s,"lost, twice\nsince yesterday, ok\nbye"\ny,%s,ok\n' % (A, B), [A, B], 0),
    # words: the header of a list that begins with a word as long as a serial
    ("words", "Notebook\n%s\n%s\n%s\n" % (A, B, C), None, 0),
    ("words", "Equipment\n%s\n%s\n%s\n%s\n" % (A, B, C, D), None, 0),
    ("words", "Appareils\n%s\n" % A, None, 0),
    ("words", "Hardware\n%s\n%s\n%s\n" % (A, B, C), None, 0),
    ("words", "Handhelds\n%s\n%s\n%s\n" % (A, B, C), None, 0),
    ("words", "%s\nKJEECJSFGU\n%s\n%s\n" % (A, B, C), [A, "KJEECJSFGU", B, C], 0),
    ("words", "KJEECJSFGU\n%s\n%s\n%s\n" % (A, B, C), ["KJEECJSFGU", A, B, C], 0),
    ("words", "Laptops2026\n%s\n%s\n%s\n" % (A, B, C), None, 0),
    ("words", "INVENTORY,CEO\n%s,x\n%s,y\n%s,z\n" % (A, B, C), None, 0),
    ("words", "Serial\n%s\nComputers\n%s\n%s\n" % (A, B, C), [A, B, C], 1),
    ("words", "%s\n%s,board and\n%s\neveryone\n" % (A, B, C), [A, B, C], 1),
    ("words", "%s\n%s\n%s\n%s\neverybody\n" % (A, B, C, D), [A, B, C, D], 1),
    ("words", "%s\n%s\nHARDWARE\n%s\n%s\n" % (A, B, C, D), [A, B, C, D], 1),
    # which one in two hundred of Apple's serials of ten looks like
    ("words", "Serial\n%s\nVXMUHALUTG\n%s\nCVUSED0004\n" % (A, B), [A, "VXMUHALUTG", B, "CVUSED0004"], 0),
    ("words", "Name,Serial\nx,%s\ny,GHUZCAUES5\nz,%s\nv,UAEEYWY160\n" % (A, B), [A, "GHUZCAUES5", B, "UAEEYWY160"], 0),
    ("words", "%s\n%s\n%s\nQNAWMAYUTV\n" % (A, B, C), [A, B, C, "QNAWMAYUTV"], 0),
    ("words", "Serial Number,Kind\n%s,x\nEquipment,\n%s,y\n%s,z\n%s,v\n" % (A, B, C, D), [A, B, C, D], 1),
    ("part", "MK2L3LLA,%s\nZ15G000CKD,%s\n" % (A, B), [A, B], 0), ("part", "%s\nZ15G000CKD\n%s\n%s\n" % (A, B, C), [A, B, C], 1),
    ("words", "%s\n%s\nMeetingRaum\n%s\n" % (A, B, C), [A, B, C], 1),
    # of twelve letters, as serials never begin
    ("words", "Name,Serial,Model\nx,%s,a\ny,ausgemustert,a\nz,%s,a\nv,%s,a\n" % (A, B, C), [A, B, C], 1),
    ("words", "Serial\n%s\n%s\nHandscannern\n%s\n" % (A, B, C), [A, B, C], 1),
    ("words", "%s\n%s\n%s\nUNDERSTAFFED\n" % (A, B, C), [A, B, C], 1),
    ("words", "Serial,Site\n%s,a\nAAAAAAAAAAAA,b\n%s,c\n" % (A, B), [A, B], 1),
    ("words", "%s,x\n%s,y\nhausmeisters,z\n%s,v\n" % (A, B, C), [A, B, C], 1),
    ("words", "Serial\n%s\nDMPFJACELYWF\n%s\n%s\n" % (A, B, C), [A, "DMPFJACELYWF", B, C], 0),
    # split: a line end within a row makes two of it; what the second begins with is no device, and the first may have lost its own serial
    ("split", "Serial Number,Replaced by,PO\n" + PAIRS3 + "%s\n%s,W956743210\n" % (A, B), [p[0] for p in PAIRS], 2),
    ("split", "Serial Number,Replaced by,PO\n%s\n%s,W956743210\n" % (A, B) + PAIRS3, [p[0] for p in PAIRS], 2),
    ("split", "Serial;New Serial;Site;Room\n" + PAIRS4 + "%s;\n%s;a;1\n" % (A, B), [p[0] for p in PAIRS], 2),
    ("split", "Name,Serial,New Serial,PO\n" + "".join("x,%s,%s,W95674321%d\n" % (*p, i) for i, p in enumerate(PAIRS)) + "y,%s\n%s,W956743210\n" % (A, B),
     [p[0] for p in PAIRS], 2),
    ("split", "Serial|Old Serial|Note\n" + "".join("%s|%s|ok, so far\n" % p for p in PAIRS) + "%s\n%s|not yet\n" % (A, B), [p[0] for p in PAIRS], 2),
    # glued: a delimiter that is lost joins the serial to the cell beside it
    ("glued", "PO,Serial,Cost Center\nW1,%s,6510\nW2,%s,6511\nW3,%s6512\n" % (A, B, C), [A, B], 1),
    ("glued", "Serial,Cost Center\n%s,6510\n%s6511\n%s,6512\n" % (A, B, D), [A, D], 1),
    ("glued", "Serial;Site;Name\n%s;a;x\n%s;b;y\n%sok;z\n" % (A, B, C), [A, B], 1),
    ("glued", "Serial,Cost Center\n%s,6510\n%s,6511\n%s6512,\n" % (A, B, C), [A, B], 1),
    ("glued", "Site\tSerial\na1\t%s\na2\t%s\na3%s\n" % (A, B, C), [A, B], 1),
    ("glued", "PO,Site,Serial\n17,a,%s\n18,a,%s\n19,AB%s\n" % (A, B, C), [A, B], 1),
    # sparse: a cell too many, where the columns beside the serial are empty in nearly every row
    ("sparse", "Name,Model,Order,Serial Number,Asset Tag,Date\nx,iPad,W129045489,%s,W154731104,2026-01-25\nx,y,iPad,W108279290,%s,W884029307,\n" % (A, B),
     [A], 1),
    ("sparse", SPARSE + "Smith, John,%s,%s\n" % (A, B), MANY[:19], 1),
    ("sparse", SPARSE.replace("Replacement", "Loaner") + "Huber, A.,%s,%s\n" % (A, B), MANY[:19], 1),
    ("sparse", SPARSE.replace("Replacement", "Swap").replace(",Notes", ",Ticket") + "Smith, John,%s,%s\n" % (A, B), MANY[:19], 1),
    ("sparse", SPARSE.replace(",", ";") + "Meier; A;%s;%s\n" % (A, B), MANY[:19], 1),
    ("sparse", SPARSE.replace("n3,,", "n3,%s," % C) + "Smith, John,%s,%s\n" % (A, B), MANY[:19], 1),
    # apart: a heading amid the rows sets apart what is below it
    ("apart", "Serial\n%s\n%s\nDo not touch:\n%s\n%s\n" % (A, B, C, D), None, 0),
    ("apart", "%s\n%s\nEXCLUDED\n%s\n%s\n" % (A, B, C, D), None, 0),
    ("apart", "Name,Serial,Model\nx,%s,a\nKeep these,,\ny,%s,b\n" % (A, B), None, 0),
    ("apart", "Seriennummer;Name\n%s;x\n;\nErsatzgeräte;\n%s;y\n%s;z\n" % (A, B, C), None, 0),
    ("apart", "%s\nREPLACEMENT\n%s\n" % (A, B), None, 0),
    ("apart", "Name,Serial,Model\n%s\nReturned:,,\nx,%s,iPad\n" % (T20, D), None, 0),
    ("apart", "%s\n%s\n\nDon't touch these 2:\n%s\n%s\n" % (A, B, C, D), None, 0),
    ("apart", "%s\n%s\nne pas toucher :\n%s\n" % (A, B, C), None, 0),
    ("apart", "Serial\n%s\nNO TOCAR\n%s\n" % (A, B), None, 0),
    ("apart", "%s\n%s\nVan der Berg 12:\n%s\n" % (A, B, C), None, 0),
    ("apart", "%s\n%s\n対象外\n%s\n" % (A, B, C), None, 0),
    ("apart", "%s\n%s\n%s\nTotal:\n" % (A, B, C), [A, B, C], 1),
    ("apart", "Serial,Name\n%s,x\nNew York,\n%s,y\n" % (A, B), [A, B], 1),
    ("apart", "Serial,Note\n%s,x\n,returned\n%s,y\n" % (A, B), [A, B], 1),
    # tables: another one below the first
    ("tables", "Serial Number,Name\n%s,x\n%s,y\n\nReplacement Serial,Name\n%s,x\n%s,y\n" % (A, B, C, D), None, 0),
    ("tables", "Serial Number,Name\n%s,x\n%s,y\nReturned Serial,Name\n%s,x\n%s,y\n" % (A, B, C, D), None, 0),
    ("tables", "Seriennummer;Name\n%s;x\n%s;y\n;\nGerät;Name\n%s;x\n%s;y\n" % (A, B, C, D), None, 0),
    ("tables", "Serial\n%s\n%s\nOld serial\n%s\n%s\n" % (A, B, C, D), None, 0),
    ("tables", "Serial Number,Name\n%s,x\n%s,y\n\nDevice ID,Name\n%s,x\n" % (A, B, C), None, 0),
    ("tables", "Serial,Name\n%s,x\nno serial,y\n%s,z\n" % (A, B), [A, B], 1),
    # named: whose serial it is
    ("named", "Exchange Serial,Device\n%s,%s\n%s,%s\n" % (A, B, C, D), None, 0),
    ("named", "Do not touch serial,Device\n%s,%s\n%s,%s\n" % (A, B, C, D), None, 0),
    ("named", "Reserve Serial,Unit,Site\n%s,%s,x\n%s,%s,y\n" % (A, B, C, D), None, 0),
    ("named", "SN,Keep Serial\n1,%s\n2,%s\n" % (A, B), None, 0),
    ("named", "Gerät;Tauschgerät-Seriennummer\n%s;%s\n%s;%s\n" % (A, B, C, D), None, 0),
    ("named", "Machine,Numéro de série de rechange\n%s,%s\n%s,%s\n" % (A, B, C, D), None, 0),
    ("named", "Nome,Serial Number do Notebook,Ativo\nx,%s,1\ny,%s,2\n" % (A, B), [A, B], 0),
    ("named", "産品SN，机型\n".replace("，", ",") + "%s,iPad\n%s,Mac\n" % (A, B), [A, B], 0),
    ("named", "Old\u00a0Serial,Name\n%s,x\n%s,y\n" % (A, B), None, 0),
    ("named", "Ｓ／Ｎ,機種\n%s,iPad\n%s,Mac\n" % (A, B), [A, B], 0),
    ("named", "Device Serial,Returned Serial,Name\n%s,%s,x\n%s,%s,y\n" % (A, B, C, D), [A, C], 0),
    # signs: before a serial, or nobody sees them
    ("signs", "%s\n#%s\n%s\n%s\n%s\n" % (A, D, B, C, "K3P9X72HG8"), [A, B, C, "K3P9X72HG8"], 1),
    ("signs", "Serial\n%s\n#%s,CEO\n%s\n" % (A, D, B), [A, B], 1),
    ("signs", "Serial\n\u115f%s\n%s\u180b\n%s\u3164\n" % (A, B, C), [A, B, C], 0),
    ("signs", "%s\n\U000e0061%s\n\ufe00%s\n" % (A, B, C), [A, B, C], 0),
    ("signs", "%s\nF4K9\u200bX72HG3\n%s\n" % (A, C), None, 0),
    ("signs", "- %s\n- %s\n- %s\n" % (A, B, C), None, 0),
    ("signs", "* %s\n* %s\n" % (A, B), None, 0),
    ("signs", "1. %s\n2. %s\n" % (A, B), None, 0),
    ("signs", "Serial Number: %s\nModel: iPad\n\nSerial Number: %s\nModel: iPad\n" % (A, B), None, 0),
    ("signs", "%s.\n%s.\n%s.\n" % (A, B, C), None, 0),
    # A word with a number behind it may be a device that people made up, or mistyped: it is looked for, and said to be unusual.
    ("made up", "serial\n%s\n%s\nNEVERSEEN001\n%s\n" % (A, B, C), [A, B, "NEVERSEEN001", C], 0),
    ("made up", "serial\nGHAST0000001\n%s\n" % A, ["GHAST0000001", A], 0),
    ("made up", "Serial Number,Model,Status\n%s,iPad,ASSIGNED\nNEVERATALL01,iPad,ASSIGNED\n%s,iMac,ASSIGNED\n" % (A, B),
     [A, "NEVERATALL01", B], 0),
    ("made up", "Name;Seriennummer;Ort\na;%s;Bern\nb;STRANGER0001;Bern\nc;%s;Basel\nd;UNSEEN000002;Basel\n" % (A, B),
     [A, "STRANGER0001", B, "UNSEEN000002"], 0),
    ("made up", "Serial\n%s\n%s\n%s\nSTANDBY00001\n" % (A, B, C), [A, B, C, "STANDBY00001"], 0),
    ("made up", "Serial,Note\n%s,a\n%s,b\nausgemustert,c\n" % (A, B), [A, B], 1),
]

# L1: dates that the rules do not understand, and the form that check proposes; None: two forms fit, which is said.
DATES = [
    ("31/12/2025", "%d/%m/%Y"), ("12/31/2025", "%m/%d/%Y"), ("2025/12/31 10:00", "%Y/%m/%d %H:%M"), ("31-Dec-25", "%d-%b-%y"),
    ("31.12.2025 08:15:00", "%d.%m.%Y %H:%M:%S"), ("01/02/2025", None),
]

# Bare protected lists that hide a serial: 78; and those that do not: so many are protected.
HIDING = [
    ("joined to a note", "%s,board%s,do not touch\n%s,CEO\n" % (A, B, C)),
    ("joined to a comment", "# owner: IT%s\n%s\n" % (A, B)),
    ("joined to a comment behind a serial", "%s # board%s\n%s\n" % (A, B, C)),
    ("in a comment", "%s\n# %s\n" % (A, B)),
    ("joined to the header", "Serial%s\n%s\n" % (A, B)),
    ("joined, in small letters", "%s # board%s\n" % (A.lower(), B.lower())),
    ("cut by a sign", "%s; F4K9-72HG3; DMP7.2Q9WW5CX\n" % A),
    ("cut by a blank", "%s; F4K9X 72HG3\n" % A),
    ("cut by a delimiter", "%s; F4K9,72HG3\n" % A),
    ("cut in a list of whole ones", "%s\n%s\n7AGC74BU22;KH\n%s\n" % (A, B, C)),
    ("cut by two signs", "%s\n%s\n7AGC74BU22,\u200bKH\n%s\n" % (A, B, C)),
    ("the rest of a line whose beginning is lost", "DYN12NHPF,INC0012345\nIPAD0001,%s,x\nIPAD0002,%s,\n" % (A, B)),
    ("a letter of another script", "%s; F4K9\u042572HG3\n" % A),
    ("too short among others", "%s\n%s\nF4K9X72HG\n" % (A, C)),
    ("more that are too long than whole ones", "\n".join(["IPAD" + s if i % 3 else s for i, s in enumerate(TENS)])),
    ("too long among two", "%s\nF4K9X72HG33K7\n" % A),
    ("within quotes over two lines", "%s,\"CEO\n%s,board\"\n" % (A, B)),
    ("within a cell of columns over two lines", "Tag;Serial;Note\n1;%s;\"x\n2;%s;y\"\n3;%s;z\n" % (A, B, C)),
    ("joined to the next row of columns", "Serial,Name\n%s,x%s\n%s,y\n" % (A, B, C)),
    ("with the word of its next cell", "Tag,Serial,Note\n1,%s,x\n2,%sx\n3,%s,y\n" % (A, B, C)),
    ("far from its column", "Serial,a,b,c,d,e\n%s,1,2,3,4,5\nIPAD0001,1,2,3,4,%s\n" % (A, B)),
    ("a damaged line above the header", "7AG-C74-BU22,CEO\nSerial Number,Owner\nEDW516UQXV,x\n"),
    ("a spreadsheet's number above the header", "4.56E+09,CEO\nSerial Number,Owner\nEDW516UQXV,x\n"),
    ("blanks in a serial above the header", "7AG C74 BU22,CEO\nSerial Number,Owner\nEDW516UQXV,x\n"),
    ("full width above the header", "７ＡＧＣ７４ＢＵ２２,CEO\nSerial Number,Owner\nEDW516UQXV,x\n"),
    ("a damaged line between two headers", "Serial Number,Owner\n7AG-C74-BU22,CEO\nSerial Number,Owner\nEDW516UQXV,x\n"),
    ("a device that looks like the header", "serial 7AG C74 BU22\n" + "".join(f"C02XK1ABJG{n}H\n" for n in range(6))),
    ("lines with a word before the serial", "SN: 7AG C74 BU02\n" * 6 + "".join(f"C02XK1ABJG{n}H\n" for n in range(6))),
]
HIDING += [
    ("%s at the end of the file" % what, text) for what, text in [
        ("a serial cut to nine", "%s\n%s\n%s" % (A, B, C[:9])),
        ("a serial cut to eleven", "%s\n%s\n%s" % (A, B, C[:11])),
        ("a serial cut to ten, the only one of ten", "%s\n%s\n%s" % (A, C, A[:3] + "YK1ABJG")),
        ("a serial cut to ten, which begins as a longer one does", "%s\n%s\n%s" % (A, B, A[:3] + "YK1ABJG")),
        ("a row cut in its serial", "Serial,Name\n%s,x\n%s,y\n%s" % (A, B, C[:10])),
        ("a serial cut in the last column", "Name;Serial\nx;%s\ny;%s\nz;%s" % (A, C, A[:3] + "YK1ABJ55"[:8])),
        ("a serial cut in one line", "%s;%s;%s" % (A, C, A[:3] + "YK1ABJG")),
        ("a serial cut to ten, one of two among longer ones", "%s\n%s\n%s\n%s" % (B, A, C, "K3PYK1ABJG")),
        ("a serial cut to ten among many of ten", "\n".join(TENS + TWELVES + ["C39W24ZKMD"])),
        ("a serial cut to ten among many of ten, with notes", "Name,Serial\n" + "\n".join("x," + s for s in TENS + TWELVES + ["GG7XG1DKQ1"])),
        ("a serial cut to ten in a line of many", "; ".join(TENS + TWELVES + ["DLXVM4Z5JF"])),
        ("a serial cut to ten, one of two of six", "Serial\n%s\n%s\n%s\nC39XK1ABJG5K\nDLXXK1ABJG5L\n%s" % (B, A, C, "K3PYK1ABJG")),
    ]
]
NOT_HIDING = [
    ("a note names it again", "%s # same desk as %s\n%s\n" % (A, B, B), 2),
    ("a host name with it", "%s,LAP-%s\n%s,MAC%s\n" % (A, A, B, B), 2),
    ("words and dates", "# 2026-11-28T10:15:00Z, IT-2024-A0012\n%s # iPad Pro 11-inch (4th gen), room 214b\n%s # INC0012345, Q3 2026 HR\n" % (A, B), 2),
    ("addresses", "%s,3C:22:FB:12:9A:0E\n%s,550e8400-e29b-41d4-a716-446655440000\n%s,j.smith2@acme3.example\n" % (A, B, C), 3),
    ("a comment with commas in a list of one column", "Serial\n%s # 2nd floor, B3\n%s\n" % (A, B), 2),
    ("short notes", "%s,x\n%s,HR\n%s,y\n" % (A, B, C), 3),
    ("rows without their last cell", "Serial,Note\n%s,CEO\n%s\n%s,board\n" % (A, B, C), 3),
    ("other serials in columns", "Serial Number,Old Serial Number,Name\n%s,%s,x\n%s,%s,y\n" % (A, C, B, D), 2),
    ("a date and a number above the header", "Export 2026-11-28 16:30, 214 devices\nSerial Number,Owner\nEDW516UQXV,x\n", 1),
    ("a model above the header", "iPhone SE (2nd gen), iPad13,4\nSerial Number,Owner\nEDW516UQXV,x\n", 1),
    ("a whole serial of ten among many at the end of the file", "\n".join(TWELVES + TENS), 12),
    ("one that begins as one of twelve, with the end of its line", "\n".join(TENS + TWELVES + ["C39W24ZKMD", ""]), 13),
    ("one that begins as one of twelve, among such of ten", "\n".join(TENS + ["C39W24ZKMD"]), 10),
    ("a whole serial at the end of the file", "%s\n%s\n%s" % (A, B, C), 3),
    ("a whole row at the end of the file", "Serial,Name\n%s,x\n%s,y\n%s,z" % (A, C, B), 3),
    ("a short serial at the end of the last line", "%s\n%s\n%s\n" % (A, C, B), 3),
    ("a quarter above the header", "ACME 2026 Q3\nSerial Number,Owner 2\nEDW516UQXV,x\n", 1),
]

# Comments of a bare list: how many are read, or None: refused. A list that protects may say why.
COMMENTS = [
    ("# to wipe\n%s\n%s\n# keep:\n%s\n" % (A, B, C), None), ("%s\n%s\n# do not touch\n%s\n" % (A, B, C), None),
    ("%s %s\n# keep:\n%s %s\n" % (A, B, C, D), None), ("# keep:\n%s\n# wipe:\n%s\n" % (A, B), None),
    ("Seriennummer\n%s\n#ausser:\n%s\n" % (A, B), None), ("%s\n# Excluded\n\n%s # CEO\n" % (A, B), None),
    ("%s\n%s\n# à ne pas toucher\n%s\n" % (A, B, C), None), ("%s\n# no tocar：\n%s\n" % (A, B), None),
    ("# keep these, they are ours\n%s\n%s\n" % (A, B), 2), ("%s\n%s\n# done\n" % (A, B), 2),
    ("%s\n# replaced the one of room 12 in May\n%s\n" % (A, B), 2), ("# Berlin:\n%s\n# Bonn:\n%s\n" % (A, B), 2),
]

# Lists that are refused as one kind or another: what is advised is done, and they are read.
ADVICE = [text for kind, text, serials, _ in MEMBERS if serials is None and isinstance(text, str) and
          kind in ("above", "quotes", "words", "tables", "named", "signs", "B1", "apart", "lines", "same", "joined")] + [
    text for text, n in COMMENTS if n is None] + [
    "7AG-C74-BU22,CEO\n%s,x\n%s,y\n" % (A, B), "%s\n%s\nsee below\n%s\n" % (A, B, C), "%s,x\n%s,y\n7AGC-74BU22,z\n" % (A, B),
    "Tag,Ding\nIPAD0001,%s\nIPAD0002,%s\n" % (A, B), "Serial,Mac\n%s,%s\n%s,7AGC-74BU22\n" % (A, B, C),
    "Serial,Mac\n%s,%s\n%s,%s\n" % (A, B, C, D), "Serial,Name\n%s,x\n%s,y\n%s,z\n" % (A, A, A), "IPAD%s\nMACS%s\n" % (A[:10], B), "%s\n%s\n%s" % (A, B, C[:11]), "%s\n%s # board F4K9X72HG4\n" % (A, C),
]
# Protected lists with the settings of the list, which leave a first line out that is a device, or a piece of one: 78.
LEFT_OUT = [
    ("header: 1", "7AG-C74-BU22\n%s\n%s\n" % (A, B)),
    ("header: 1", "MPGJQVFGVD\n%s\n%s\n" % (A, B)),
    ("header: 1, serial_column: 1", "MPGJQVFGVD,CEO\n%s,x\n%s,y\n" % (A, B)),
    ("header: 1, serial_column: 1", "MPGJQ-VFGVD,CEO\n%s,x\n%s,y\n" % (A, B)),
    ("header: 1, serial_column: 1", "74BU22,CEO\n%s,x\n%s,y\n" % (A, B)),
    ("header: 1, serial_column: 2", "x;VFGVD\nx;%s\ny;%s\n" % (A, B)),
    ("header: 2, serial_column: 1", "Name,Tag\n7AG C74 BU22,x\n%s,y\n" % A),
]
# Protected lists with serials in more columns than one, which are all protected, or it is 78 (None); as in_file: how many are read, or
# 65 (None).
SECOND = [
    # which a note names
    ("Serial,Note\n%s,x\n%s,also %s\n%s,y\n" % (A, C, B, D), [A, B, C, D], 3),
    ("Serial;Bemerkung\n%s;Chef\n%s;war %s (alt)\n%s;Lager\n" % (A, C, B, D), [A, B, C, D], 3),
    ("Serial,Note\n%s,with %s/%s\n%s,x\n%s,y\n" % (A, B, D, C, "K3P9X72HG8"), [A, B, C, D, "K3P9X72HG8"], 3),
    ("Name\tSerial\tNote\nx\t%s\tSN: %s.\ny\t%s\tz\nv\t%s\tw\n" % (A, B.lower(), C, D), [A, B, C, D], 3),
    ("Who,Serial\n%s and John,%s\nJane,%s\nJim,%s\n" % (B, A, C, D), [A, B, C, D], 3),
    ("Serial Number,Mac\n%s,%s\n%s,%s\n" % (A, B, C, D), [A, B, C, D], None),
    ("Serial Number;iPad;Notes\n%s;;x\n%s;%s;y\n%s;n/a;z\n" % (A, C, D, B), [A, B, C, D], None),
    ("Seriennummer\tGerät\n%s\t%s\n%s\t-\n" % (A, B, C), [A, B, C], None),
    ("Numéro de série|Téléphone\n%s|%s\n%s|MPGJQVFGVD\n%s|%s\n" % (A, B, C, D, "K3P9X72HG8"), [A, B, C, D, "MPGJQVFGVD", "K3P9X72HG8"], None),
    ("Device,Serial\n%s,%s\n%s,%s\n" % (B, A, D, C), [A, B, C, D], None),
    ("Serial Number,Replacement Serial,Name\n%s,%s,x\n%s,%s,y\n" % (A, B, C, D), [A, B, C, D], 2),
    ("Serial,Mac\n%s,%s\n%s,7AGC-74BU22\n" % (A, B, C), None, None),
    ("Serial,Mac,Name\n%s,%s,x\n%s,K3P9 X72HG8,y\n%s,,z\n" % (A, B, C, D), None, None),
    ("Serial;Mac\n%s;F4K9-X72HG3\n%s;7AGC-74BU22\n" % (A, C), None, None),
    ("Serial\tMac\tName\n%s\tF4K9 X72HG3\tx\n%s\tn/a\ty\n" % (A, C), None, None),
    ("Serial,Mac\n%s,MPGJQVFGVD\n%s,\n" % (A, C), [A, C, "MPGJQVFGVD"], None),
    ("Serial,Host\n%s,LAP-%s\n%s,LAP-%s\n" % (A, A, C, C), [A, C], 2),
    ("Serial,Tag,OS\n%s,IT-2024-A0012,macOS-14.2.1-23C71\n%s,IT-2024-A0013,iPad-10.2-64GB\n" % (A, C), [A, C], 2),
    ("Reserve Serial,Device\n%s,%s\n%s,%s\n" % (A, B, C, D), None, None),
    ("Serial (keep),Unit\n%s,%s\n%s,%s\n" % (A, B, C, D), None, None),
    ("Serial Number,id\n%s,%s\n%s,%s\n" % (A, A, C, C), [A, C], 2),
    ("Serial Number,MAC Address\n%s,624964CB9B56\n%s,A4FC1412AB01\n" % (A, C), [A, C], 2),
    ("EAS activation ID,Serial number\nAPPL%s,%s\nAPPL%s,%s\n" % (A, A, C, C), [A, C], 2),
    ("ECID\tserialNumber\n0x1E4C0A2B3C002E\t%s\n0x1A2B3C4D5E6F\t%s\n" % (A, C), [A, C], 2),
]
# Labels before single serials, and a letter for a digit: which devices are protected, and how many are read in in_file, or 65 (None).
LABELS = [
    ("Serial\n%s\nSN%s\n%s\n" % (A, B, C), [A, B, C], 3),
    ("%s\n1S%s\n1S%s\n" % (A, B, D), [A, B, D], 3),
    ("Serial\n%s\nS%s\n%s\n" % (A, B, C), [A, B, C], 3),
    ("%s\nCO2XK1ABJG5J\n%s\n" % (A, B), [A, B, "C02XK1ABJG5J"], 3),
    ("Serial,Name\n%s,x\n%s,y\nC02XKIABJG5J,z\n" % (A, B), [A, B, "C02XK1ABJG5J"], 3),
]
# A scanner's label on some rows, on others not: asked about; where serials of that length are without, it is their own S. Lists that
# decide take both.
SOME = [
    ("Serial\nS%s\n%s\n%s\n" % (A, B, C), [A, B, C]), ("S%s\n%s\nS%s\n" % (B, A, D), [B, A, D]), ("%s S%s %s\n" % (B, A, D), [B, A, D]),
    ("Name;Serial\nx;%s\ny;1S%s\n" % (A, B), [A, B]), ("Name;Serial\nx;%s\ny;SN%s\n" % (A, B), [A, B]),
    ("Name,Serial\n" + "".join("x,%s\n" % s for s in MANY) + "x,S%s\n" % A, [*MANY, A]),
    ("Serial\n" + "".join("C02XK1%04dHJ\n" % i for i in range(1200)) + "S%s\n" % A, ["C02XK1%04dHJ" % i for i in range(1200)] + [A]),
]
SOME_OWN = "Name,Serial\nx,SF4K9X72HG3\ny,W8F4K9X72HG\nz,%s\n" % A
# What the reading says besides.
SAYS = [
    ("Serial Number,Mac\n%s,%s\n%s,%s\n" % (A, B, C, D), "column 2 'Mac' holds what could be serials of other devices, such as %s" % B),
    ("Name;iPad;Seriennummer\nx;%s;%s\ny;;%s\n" % (B, A, C), "column 2 'iPad' holds"),
    ("Serial,2nd device\n%s,%s\n%s,\n" % (A, B, C), "column 2 '2nd device' holds"),
    ("Serial Number,Replacement Serial\n%s,%s\n%s,%s\n" % (A, B, C, D), None),
    ("Serial Number,Hostname\n%s,LAP%s\n%s,%s\n" % (A, A, C, C), None),
    ("Serial Number,Wi-Fi MAC\n%s,A4FC1412AB01\n%s,A4FC1412AB02\n" % (A, B), None),
    ("%s\n%s\n%s" % (A, C, A[:3] + "YK1ABJG"), "the file ends in 'C02YK1ABJG'"),
    ("Name,Serial\nx,%s\ny,%s\nz,%s" % (A, C, D), "the file ends in '%s'" % D),
    ("Name,Serial\nx,%s\ny,%s\nz,%s\n" % (A, C, D), None),
    ("%s\n%s\n%s" % (A, B, D), None),
    ("Serial\n%s\nS%s\n%s\nW8%s\n" % (A, B, C, D[1:]), "1 serial is unusual"),
    ("Serial\nIPAD%s\n%s\nIPAD%s\n" % tuple(TENS[:3]), "2 serials are unusual"),
]
# As the settings say that a list without serials is allowed: read (True), or 78.
EMPTY = [("# nobody\n", True), ("", True), ("\n# a\n\n# b, since 2026\n", True), ("Serial\n", True), ("#%s\n" % A, False),
         ("# %s\n" % A, False), (("#%s\n" % A).encode("utf-16-le").decode(), False), ("nobody\n", False), ("C02XK1-ABJG5H\n", False)]

# Lists that decide, of which every serial is damaged alike: whether that is 78 or 65 ("in_file": only 65, the protected list covers
# what they may be), and what is then read with barcode_s: keep (None: refused as well); those that are read are protected in whole.
TOGETHER = [
    ("two texts before", "".join(("IPAD" if i % 2 else "MACS") + s + "\n" for i, s in enumerate(TENS)), "in_file", 9),
    ("two texts before two", "IPAD%s\nMACS%s\n" % (TENS[0], TENS[1]), "in_file", 2),
    ("a text before one", "IPAD%s\n" % B, "in_file", 1),
    ("texts of any length before", "".join("X" * (3 + i % 3) + s + "\n" for i, s in enumerate(TENS)), True, 9),
    ("a text behind", "Name;Serial\n" + "".join("x;%s%s\n" % (s, "USA" if i % 3 else "EMEA") for i, s in enumerate(TENS)), "in_file", 9),
    ("two texts before twelve", "".join(("X" if i % 2 else "H") + s + "\n" for i, s in enumerate(TWELVES)), "in_file", 3),
    ("a footnote behind twelve", "".join("%s%d\n" % (s, i) for i, s in enumerate(TWELVES)), "in_file", 3),
    ("two texts of two before ten", "Serial\n" + "".join(("HQ" if i % 2 else "BR") + s + "\n" for i, s in enumerate(TENS)), False, 9),
    ("two texts of two behind ten", "\n".join(s + ("HQ" if i % 2 else "BR") for i, s in enumerate(TENS)), False, 9),
    ("two texts of two before few", "Serial\nHQ%s\nBR%s\nBR%s\n" % tuple(TENS[:3]), False, 3),
    ("one of two before few", "Serial\nHQ%s\nHQ%s\nHQ%s\n" % tuple(TENS[:3]), False, 3),
    ("numbers before", "".join("%d%s\n" % (i, s) for i, s in enumerate(TENS)), False, 9),
    ("a letter behind", "".join("%s%s\n" % (s, "AB"[i % 2]) for i, s in enumerate(TENS)), False, 9),
    ("twelve cut to ten", "Serial,Name\n" + "".join(s[:10] + ",x\n" for s in TWELVES), True, 3),
    ("twelve cut to eleven", "\n".join([s[:11] for s in TWELVES] + [""]), True, 3),
    ("ten cut to nine", "\n".join([s[:9] for s in TENS] + [""]), True, 9),
    ("ten cut to eight", "Serial,Name\n" + "".join(s[:8] + ",x\n" for s in TENS), True, 9),
    ("one name", "Serial\nMACBOOKPRO\n", True, 1),
    ("addresses", "Serial,Name\n624964CB9B56,x\nA4FC1412AB01,y\n", True, 2),
    ("IMEIs", "Serial;Name\n356938035643809;x\n356938035643817;y\n", True, 2),
    ("made-up serials", "Serial\nDEMO00000001\nDEMO00000002\n", False, 2),
    ("made-up serials of ten", "Serial\n" + "".join("C02TEST%03d\n" % i for i in range(9)), False, 9),
    ("copies", "Serial\n%s\n%s\n%s\n" % (A, A, A), True, None),
]
# Of those that are read with labels stripped, too.
STRIPPED = [
    ("".join("IPAD" + s + "\n" for s in TENS), None), ("".join("S" + s + "\n" for s in TENS), TENS), ("".join("1S" + s + "\n" for s in TWELVES), TWELVES),
    ("".join(("S" if i % 2 else "") + s + "\n" for i, s in enumerate(TENS)), TENS),
]

# Rows that look damaged and are not: all of their serials are read.
HONEST = [
    ("Serial,Replaced by,PO\n" + "".join("%s,%s\n" % p for p in PAIRS) + "%s,\n%s,\n" % (A, B), [p[0] for p in PAIRS] + [A, B]),
    ("Serial,Replaced by,PO\n" + "".join("%s\n" % p[0] for p in PAIRS) + "%s\n%s,%s\n" % (A, B, C), [p[0] for p in PAIRS] + [A, B]),
    ("Serial,Site\n%s,a\n%s,b\nRZ8NC0ABCDEF12,c\n" % (A, B), [A, B, "RZ8NC0ABCDEF12"]),
    (SPARSE.replace("n3,,", "n3,%s," % C), MANY[:19]),
    (SPARSE.replace(MANY[3] + ",", MANY[3] + "," + C), MANY[:19]),
    ("Serial,Loaner,User\n%s,%s,\n%s,,\n" % (A, C, B), [A, B]),
    ("Serial,Loaner\n%s,%s,\n" % (A, B), [A]),
    ("Room,Loaner,Serial,User\nB1,%s,%s,x\nB2,%s,%s\n" % (C, A, D, B), [A, B]),
    ("Name,Old,Serial,Loaner,Notes\nx,%s,%s,%s,\ny,,%s,,\n" % (C, A, D, B), [A, B]),
    ("ABC123456789\n", ["ABC123456789"]),
    ("ABC123456789\nABC123456780\n", ["ABC123456789", "ABC123456780"]),
    ("TESTSERIAL001\nTESTSERIAL002\n", ["TESTSERIAL001", "TESTSERIAL002"]),
    ("ABC1234567890\nDEF1234567890\n", ["ABC1234567890", "DEF1234567890"]),
    ("FAKESERIAL1\nFAKESERIAL2\n", ["FAKESERIAL1", "FAKESERIAL2"]),
    ("Serial\nSERIAL0001\nSERIAL0002\n", ["SERIAL0001", "SERIAL0002"]),
    ("Serial,Name,Site\n%s,x,a\nH4T72V4CYFDF\n%s,y,b\n" % (A, B), [A, "H4T72V4CYFDF", B]),
]
