"""Further members of each kind of file, by what is right: the serials read and how many rows are at fault, or
None: refused. A kind is a letter of cases/ or a word."""

A, B, C, D = "C02XK1ABJG5H", "F4K9X72HG3", "DMPXK1ABJG5H", "7AGC74BU22"
MANY = ["C02XK1%04dH%s" % (i, "XK" if i % 2 else "JG") for i in range(1000, 1060)]
T20 = "\n".join("n%d,%s,iPad" % (i, s) for i, s in enumerate(MANY[:24]))

MEMBERS = [
    # A: a comma too many
    ("A", "User,Replacement Serial,Serial Number,Name\nMiller,%s,%s,x\nSmith, John,%s,%s\n" % (C, A, D, B), [A], 1),
    ("A", "Notes,Order,Serial Number\nlost,W123456789,%s\n\"lost, stolen\",W123456780,%s\nold, used,W123456781,%s\n" % (A, B, C), [A, B], 1),
    ("A", "Name;Asset Tag;Seriennummer\nx;IPAD0001;%s\nMeier; A;IPAD0002;%s\n" % (A, B), [A], 1),
    ("A", "Serial Number,Notes\n%s,ok\n%s,lost, stolen\n%s,,,\n" % (A, B, C), [A, C], 1),
    ("A", "Name,Order,Serial Number,Model\nx,W1,%s,iPad\nSmith, J,W2,%s\n" % (A, B), [A], 1),
    ("A", "Name,Old Serial,Serial Number,Site,Room\nx,%s,%s,a,b\nSmith, J,%s,%s,a\n" % (C, A, "K3P9X72HG8", D), [A], 1),
    ("A", "Device,Serial Number,Name\n%s,'%s,x\n%s,%s,y\n" % (A, A, B, "=\"\"" + B + "\"\""), [A], 1),
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
    # B: the first line
    ("B", "C02XK1-ABJG5H\n%s\n%s\n" % (B, C), None, 0),
    ("B", "\u0421" + "02XK1ABJG5H\n%s\n" % B, None, 0),
    ("B", "Inventarnummer;Seriennummer des Geräts\nIPAD0001;%s\nIPAD0002;%s\n" % (A, B), [A, B], 0),
    ("B", "IPAD0001,%s\nIPAD0002,%s\n" % (A, B), [A, B], 0),
    ("B", "# list\n%s # CEO\n\n%s\n" % (A, B), [A, B], 0),
    ("B", "IPAD0001\nIPAD0002\nIPAD0003\n", None, 0),
    ("B", "Tag,Ding\nIPAD0001,%s\nIPAD0002,%s\n" % (A, B), None, 0),
    ("barcode", "Serial\nS%s\nS%s\n" % (A, B), None, 0),
    ("barcode", "SC02XK1ABJG5H\n", None, 0),
    ("barcode", "Serial\nS%s\n%s\n" % (A, B), ["S" + A, B], 0),
    # C: first lines that look like serials
    ("C", "Textbox1,Textbox2\nTextbox13,Textbox14\nGerät,Seriennummer\nx,%s\n" % A, [A], 0),
    ("C", "Name0,SerialNumber0,Model0\nPC000001,%s,iPad\n" % A, [A], 0),
    ("C", "v_R_System.Name0,v_GS_PC_BIOS.SerialNumber0\nMAC00001,%s\n" % A, [A], 0),
    ("C", "hardware_serial1,hostname1\n%s,MAC00001\n" % A, [A], 0),
    ("C", "SERIALNUMBER\n%s\n%s\n" % (A, B), [A, B], 0),
    # D: ID and group rows
    ("D", "ID;Geräteseriennummer;Name\n10000234;%s;x\n10000235;%s;y\n" % (A, B), [A, B], 0),
    ("D", "SN,Mobile Device Serial\n1,%s\n2,%s\n" % (A, B), [A, B], 0),
    ("D", "Device,,Owner,\nID,Serial,Name,Site\n1,%s,x,y\n" % A, [A], 0),
    ("D", "id,type,serialNumber\n%s,orgDevices,%s\n" % (A, A), [A], 0),
    ("D", "id,type\n%s,orgDevices\n%s,orgDevices\n" % (A, B), [A, B], 0),
    ("D", "Serial,Device ID\n1,%s\n2,%s\n" % (A, B), None, 0),
    # E: headers again
    ("E", "Serial\n%s\nSerial\n%s\n" % (A, B), [A, B], 0),
    ("E", "serialNumber,deviceModel\n%s,iPad\ndeviceModel,serialNumber\niPhone,%s\n" % (A, B), None, 0),
    ("E", "Serial Number;Model\n%s;iPad\nSeriennummer;Modell\n%s;iPad\n" % (A, B), None, 0),
    ("E", "SerialNumber0,Name0\n%s,x\nSERIALNUMBER0,NAME0\n%s,y\n" % (A, B), [A, B], 0),
    ("E", "%s\nserial number\n%s\n" % (A, B), None, 0),
    ("E", "Name,Serial\nx,%s\n\nName,Serial\ny,%s\n" % (A, B), [A, B], 0),
    # F: delimiters
    ("F", "Name; Vorname,Seriennummer\nMeier; A,%s\nHuber; B,%s\n" % (A, B), [A, B], 0),
    ("F", "sep=;\nSerial;Model\n%s;iPad, 9th\n" % A, [A], 0),
    ("F", "Serial|Model\n%s|iPad, 9th; new\n" % A, [A], 0),
    ("F", "Liste, Geräte\nStand, heute\n\nSeriennummer\tModell\n%s\tiPad, 9\n" % A, [A], 0),
    ("F", "Name, first\tSerial\nMeier, A\t%s\n" % A, [A], 0),
    # G: headers that are there twice
    ("G", "Serial,Model,Model\n%s,a,b\n" % A, [A], 0),
    ("G", "Serial,WiFi MAC,wifi_mac\n%s,a,b\n" % A, [A], 0),
    ("G", "Serial,,,Notes\n%s,a,b,c\n" % A, [A], 0),
    ("G", "Serial Number,Serial Number\n%s,%s\n" % (A, B), None, 0),
    ("G", "Notes,Notes,Notes,Serial\n1,2,3,%s\n" % A, [A], 0),
    # H: rows of nothing, totals
    ("H", "Serial;Model\n;\n%s;iPad\n ; \n\"\";\"\"\n" % A, [A], 0),
    ("H", "Serial,Model\n%s,iPad\n\t,\u00a0\n" % A, [A], 0),
    ("H", "Serial,Model,,,\n%s,iPad,,,\n,,,,\n" % A, [A], 0),
    ("H", "Name,Serial Number,Model\n%s\nTotal: 24,,\n" % T20, MANY[:24], 1),
    ("H", "Name,Serial Number,Model\n%s\nTotal: 24\n\nend of report\n" % T20, MANY[:24], 2),
    ("H", "Serial,Model\nTotal,1\n%s,iPad\n" % A, [A], 1),
    # I: other kinds of files
    ("I", "{\"data\": [{\"id\": \"%s\"}]}" % A, None, 0),
    ("I", "<?xml version=\"1.0\"?><plist><string>%s</string></plist>" % A, None, 0),
    ("I", "{\\rtf1\\ansi %s}" % A, None, 0),
    ("I", "%%PDF-1.4\n%s\n" % A, None, 0),
    ("I", "\n  <html><body>%s</body></html>" % A, None, 0),
    ("I", "", None, 0),
    ("I", "\n\n \n", None, 0),
    # J: what nobody sees
    ("J", "Serial\n\u00ad%s\u200b\n\u2066%s\u2069\n" % (A, B), [A, B], 0),
    ("J", "Serial\n\u202f%s\u2007\n\u2003%s\n" % (A, B), [A, B], 0),
    ("J", "Serial\nC02XK1\u200bABJG5H\n%s\n" % B, [B], 1),
    ("J", "Serial\n\uff23\uff10\uff12XK1ABJG5H\n%s\n" % B, [B], 1),
    ("J", "Serial\n=\"%s\"\n'%s\n" % (A, B), [A, B], 0),
    ("J", "\ufeff\ufeffSerial\n%s\n" % A, [A], 0),
    ("J", "Serial\n1.23E+11\n%s\n" % B, [B], 1),
    # K: names of the serial
    ("K", "Mobile Device Serial,Display Name\n%s,x\n" % A, [A], 0),
    ("K", "Name,Serial Numbers\nx,%s\n" % A, [A], 0),
    ("K", "Nom,N° de série de l'appareil\nx,%s\n" % A, [A], 0),
    ("K", "名前,デバイスのシリアル番号\nx,%s\n" % A, [A], 0),
    ("K", "Nombre;Nº de serie\nx;%s\n" % A, [A], 0),
    ("K", "Name,Old Serial,New Serial\nx,%s,%s\n" % (A, B), None, 0),
    ("K", "Monitor Serial Number,Serial Number\n%s,%s\n" % (B, A), [A], 0),
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
    ("too long among two", "%s\nF4K9X72HG33K7\n" % A),
    ("within quotes over two lines", "%s,\"CEO\n%s,board\"\n" % (A, B)),
    ("within a cell of columns over two lines", "Tag;Serial;Note\n1;%s;\"x\n2;%s;y\"\n3;%s;z\n" % (A, B, C)),
    ("joined to the next row of columns", "Serial,Name\n%s,x%s\n%s,y\n" % (A, B, C)),
    ("with the word of its next cell", "Tag,Serial,Note\n1,%s,x\n2,%sx\n3,%s,y\n" % (A, B, C)),
    ("far from its column", "Serial,a,b,c,d,e\n%s,1,2,3,4,5\nIPAD0001,1,2,3,4,%s\n" % (A, B)),
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
]
