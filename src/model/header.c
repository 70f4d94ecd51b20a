#include "model/header.h"

/*
 * Names seen in exports, folded as fold() does it (lower case; no accents, blanks or punctuation),
 * the surer first. `weak` ones count only where nothing surer stands: exporters of the API put the
 * serial into `id`, what they were asked for into `inputSerial`, and the kind of resource into
 * `type`. Sources: services/README.md Apple A.4 (attributes of the API), C.1 (exporters), C.3
 * (serial in other languages). No header of Apple's portals is known for sure; those are the words
 * of their pages.
 */
static const struct alias {
	const char *good, *weak;
} aliases[COLUMN_MAX_] = {
	[COLUMN_SERIAL] = { "serial serialnumber serialno serialnr serialnum deviceserialnumber "
			    "deviceserial hardwareserial hardwareserialnumber sn seriennummer "
			    "seriennr numerodeserie ndeserie n°deserie nºdeserie numerodiserie "
			    "serienummer シリアル番号 シリアルナンバー シリアルno numeroserie "
			    "numserie "
			    "nserie noserie nodeserie n°serie nºserie numdeserie nrseryjny "
			    "numerseryjny sarjanumero 序列号 序列號 产品序列号 일련번호 시리얼번호 "
			    "серийныйномер",
		"inputserial id deviceid identifier deviceidentifier servicetag matricola "
		"geratenummer geratenr" },
	[COLUMN_MODEL] = { "model devicemodel modelname modell modele modelo modello", NULL },
	[COLUMN_FAMILY] = { "family productfamily devicefamily produktfamilie", NULL },
	[COLUMN_PRODUCT_TYPE] = { "producttype modelidentifier", "type" },
	[COLUMN_PART_NUMBER] = { "partnumber partno partnr mpn teilenummer", NULL },
	[COLUMN_ORDER_NUMBER] = { "ordernumber orderno ordernr orderid bestellnummer "
				  "numerodecommande",
		NULL },
	[COLUMN_ORDER_DATE] = { "orderdate orderdatetime dateordered bestelldatum", NULL },
	[COLUMN_SOURCE] = { "source purchasesourcetype purchasesource sourcetype", NULL },
	[COLUMN_SOURCE_ID] = { "sourceid purchasesourceid", NULL },
	[COLUMN_ADDED] = { "added addedtoorgdatetime addedtoorg addedtoorgdate dateadded addeddate "
			   "addedon hinzugefugtam",
		NULL },
	[COLUMN_RELEASED] = { "released releasedfromorgdatetime releasedfromorg orgreleasedate "
			      "datereleased releaseddate releasedon releasedate",
		NULL },
	[COLUMN_UPDATED] = { "updated updateddatetime dateupdated updateddate updatedon "
			     "lastupdated",
		NULL },
	[COLUMN_SERVER] = { "server assignedserver assignedmdmserver mdmserver mdmservername "
			    "servername assigneddevicemanagementservice devicemanagementservice",
		NULL },
	[COLUMN_STATUS] = { "status assignmentstatus devicestatus", NULL },
	[COLUMN_IMEI] = { "imei imei1 imeinumber imeimeid", NULL },
	[COLUMN_MEID] = { "meid meidnumber", NULL },
	[COLUMN_EID] = { "eid eidnumber", NULL },
	[COLUMN_WIFI_MAC] = { "wifimac wifimacaddress wlanmac wlanmacaddress", NULL },
	[COLUMN_BLUETOOTH_MAC] = { "bluetoothmac bluetoothmacaddress", NULL },
	[COLUMN_ETHERNET_MAC] = { "ethernetmac ethernetmacaddress builtinethernetmacaddress",
		NULL },
	[COLUMN_ASSET_TAG] = { "assettag assetnumber assetno asset inventarnummer", NULL },
	[COLUMN_USER] = { "user username assigneduser benutzer utilisateur", NULL },
	[COLUMN_COLOR] = { "color colour devicecolor farbe couleur", NULL },
	[COLUMN_CAPACITY] = { "capacity devicecapacity storagecapacity kapazitat capacite", NULL },
};

enum { FOLD_BYTES = 96 };

struct folded {
	char text[FOLD_BYTES];
	size_t n;
};

/* Bytes 0x80-0xbf behind 0xc3, as the letter without its accent. */
static const char unaccented[] = "aaaaaaaceeeeiiiidnooooo ouuuuyts"
				 "aaaaaaaceeeeiiiidnooooo ouuuuyty";

static bool is_word_byte(unsigned char c)
{
	char lower = ascii_lower((char)c);

	return c >= 0x80 || (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

/* Letters, digits and signs of the full width as those of a keyboard; code: less U+F000. */
static size_t fold_wide(unsigned code, struct str *ret_kept)
{
	static const char narrow[] = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

	if (code > 0xf00 && code < 0xf5f && is_word_byte((unsigned char)narrow[code - 0xf01]))
		*ret_kept = str_sub(str_from(narrow), code - 0xf01, 1);
	return 3;
}

/* Characters that say nothing: combining accents, as a Mac writes them, blanks of any width, the
 * soft hyphen, marks of byte order and of joining, dashes and quotes of a word processor. */
static const struct {
	unsigned char from[3], to[3];
	size_t n;
} marks[] = {
	{ { 0xcc, 0x80 }, { 0xcd, 0xaf }, 2 },
	{ { 0xc2, 0xa0 }, { 0xc2, 0xa0 }, 2 },
	{ { 0xc2, 0xad }, { 0xc2, 0xad }, 2 },
	{ { 0xe2, 0x80, 0x80 }, { 0xe2, 0x80, 0xbf }, 3 },
	{ { 0xe2, 0x81, 0xa0 }, { 0xe2, 0x81, 0xaf }, 3 },
	{ { 0xe3, 0x80, 0x80 }, { 0xe3, 0x80, 0x80 }, 3 },
	{ { 0xef, 0xbb, 0xbf }, { 0xef, 0xbb, 0xbf }, 3 },
};

/* Bytes of such a character; 0: it is none. */
static size_t n_silent(struct str s, size_t i)
{
	for (size_t k = 0; k < sizeof(marks) / sizeof(*marks); k++)
		if (marks[k].n <= s.n - i && memcmp(s.p + i, marks[k].from, marks[k].n) >= 0 &&
			memcmp(s.p + i, marks[k].to, marks[k].n) <= 0)
			return marks[k].n;
	return 0;
}

/* One character of s at i: how many bytes it takes, and what is left of it when folded. */
static size_t fold_step(struct str s, size_t i, struct str *ret_kept)
{
	unsigned char c = (unsigned char)s.p[i];
	unsigned char next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;
	size_t silent;

	*ret_kept = STR_NONE;
	/* Nearly all: every word of the first rows comes here. */
	if (c < 0x80) {
		if (is_word_byte(c))
			*ret_kept = str_sub(s, i, 1);
		return 1;
	}
	silent = n_silent(s, i);
	if (silent)
		return silent;
	if (c == 0xc3 && next >= 0x80 && next <= 0xbf) {
		*ret_kept = str_sub(str_from(unaccented), next - 0x80u, 1);
		return 2;
	}
	if (c == 0xef && (next == 0xbc || next == 0xbd) && i + 2 < s.n)
		return fold_wide(
			(next & 0x3fu) << 6 | ((unsigned char)s.p[i + 2] & 0x3fu), ret_kept);
	*ret_kept = str_sub(s, i, 1);
	return 1;
}

/* Empty when the header is longer than any alias. */
static struct folded fold(struct str header)
{
	struct folded f = { .n = 0 };
	size_t step;

	for (size_t i = 0; i < header.n; i += step) {
		struct str kept;

		step = fold_step(header, i, &kept);
		if (kept.n == 0)
			continue;
		if (f.n == FOLD_BYTES)
			return (struct folded){ .n = 0 };
		f.text[f.n++] = ascii_lower(kept.p[0]);
	}
	return f;
}

static bool is_word_at(const char *words, struct str word)
{
	return strncmp(words, word.p, word.n) == 0 &&
	       (words[word.n] == ' ' || words[word.n] == '\0');
}

/* Words stand between single blanks; word: not empty, folded. It is looked for behind a blank, at
 * once in all of the text: a cell of the first rows asks of some three hundred words. */
static int place_in(const char *words, struct str word)
{
	char wanted[FOLD_BYTES + 2] = " ";
	const char *at = words;
	int place = 0;

	if (!words || word.n == 0 || word.n > FOLD_BYTES)
		return HEADER_NONE;
	memcpy(wanted + 1, word.p, word.n);
	wanted[1 + word.n] = '\0';
	if (!is_word_at(words, word))
		do {
			at = strstr(at, wanted);
			if (!at)
				return HEADER_NONE;
			at++;
		} while (!is_word_at(at, word));
	for (; words < at; words++)
		place += *words == ' ';
	return place;
}

static int rank_of(enum column column, struct str word)
{
	int place = place_in(aliases[column].good, word);

	return place < HEADER_NONE ? place : HEADER_WEAK + place_in(aliases[column].weak, word);
}

int header_rank(enum column column, struct str header)
{
	struct folded f = fold(header);

	return rank_of(column, (struct str){ f.text, f.n });
}

/* --- the serial by words --- */

enum { WORDS_MAX = 24 };

/* Parts of a folded header that name a serial. `serie` alone is a series of models. */
static const char *const stems[] = { "serial", "seriennummer", "seriennr", "seriennum", "serienum",
	"serienr", "serienno", "numerodeserie", "numerodiserie", "numeroserie", "numserie",
	"numdeserie", "nodeserie", "numerosdeserie", "numeridiserie", "nosdeserie", "ndeserie",
	"nserie", "n°deserie", "nºdeserie", "n°serie", "nºserie", "シリアル", "製造番号", "序列号",
	"序列號", "일련번호", "시리얼", "ерийн", "ерійн", "СЕРИЙН", "sarjanumero", "seryjny",
	"sorozatsz", "serinumara", "serino", "serİnumara", "serİno", "seriove", "vyrobni",
	"serijskibroj", "serijska", "rdeserie", "ndiserie", "rdiserie", "n°diserie", "nºdiserie",
	"nrodeserie", "gyariszam", "fabryczn", "seerianumber", "nomorseri", "ซีเรียล", "סריאלי",
	"ειριακ", "סידורי", "تسلسل" };

/* Words that make it the serial of something else, or something else about a serial. */
#define WORDS_OF_AGE                                                                             \
	" old new alt alte alter altes neu neue neuer neues vieux ancien ancienne nouveau "      \
	"nouvelle "                                                                              \
	"antiguo anterior nuevo nueva vecchio vecchia nuovo nuova oud oude nieuw nieuwe antigo " \
	"novo prev "
static const char *const words_of_age = WORDS_OF_AGE;
static const char *const other_words = WORDS_OF_AGE
	"last first orig dock hub case board disk disks hdd ssd sim po cert lcd panel screen "
	"ecran pantalla schermo scherm akku pile bateria batteria accu parent port "
	"count date status state type valid check format length prefix imei meid eid udid "
	"order range start end from to watch tv router modem switch key ups cable "
	"pencil airpods headset mouse lot batch "
	"seq sequence row line not donot ";
/* The same, also within a longer word. */
static const char *const other_parts[] = { "replac", "ersatz", "remplac", "reemplaz", "sustitu",
	"sostit", "vervang", "substitut", "previous", "former", "precedent", "original", "swap",
	"loan", "leih", "pret", "spare", "monitor", "display", "bildschirm", "battery", "batterie",
	"charger", "netzteil", "adapter", "keyboard", "tastatur", "clavier", "logicboard",
	"motherboard", "baseboard", "accessor", "zubehor", "peripher", "certif", "zertif", "licen",
	"lizenz", "software", "contract", "vertrag", "invoice", "rechnung", "purchase", "warranty",
	"garantie", "printer", "drucker", "imprimante", "controller", "serialport", "serializ",
	"serialis", "partner", "target", "donor", "exchang", "tausch", "return", "retour",
	"rucklauf", "ruckgabe", "retired", "decommission", "disposed", "ausgemustert", "stolen",
	"gestohlen", "broken", "defect", "defekt", "faulty", "exclud", "donottouch", "nichtan",
	"notouch", "dont", "nepas", "notocar", "nontoccare", "naotocar", "naomexer", "nietaan",
	"ikker", "rorinte", "nieruszac", "さわら", "触ら", "触れ", "除外", "対象外", "残す", "不要",
	"请勿", "保留", "排除", "제외", "금지", "reserv", "rechange", "貸出", "予備", "交換",
	"代替", "新しい", "古い", "以前", "旧", "新" };

/* Of these, what names another device even where no serial is named: "Replaced by", "Loaner". */
static const char *const device_parts[] = { "replac", "ersatz", "remplac", "reemplaz", "sustitu",
	"sostit", "vervang", "substitut", "previous", "former", "precedent", "swap", "loan", "leih",
	"spare", "exchang", "tausch", "donor", "rechange", "貸出", "予備", "交換", "代替", "新しい",
	"古い", "以前" };
/* And what such a column tells of it then. */
static const char *const words_about = " date datum fecha data status state reason grund motif "
				       "motivo cost price kosten user owner "
				       "name model type ticket os version tag ";

/* Folded parts that say no more than that it is the device's own: the rest of a compound header. */
static const char *const own_parts[] = { "number", "numbers", "numeros", "numeri", "numero",
	"nummern", "nummer", "num", "nr", "no", "n", "n°", "nº", "°", "º", "code", "id", "device",
	"devices", "computer", "machine", "mobile", "mac", "macs", "macbook", "macbooks", "imac",
	"ipad", "ipads", "iphone", "iphones", "ipod", "apple", "asset", "item", "unit", "product",
	"hardware", "hw", "host", "hostname", "system", "client", "pc", "bios", "laptop", "laptops",
	"notebook", "notebooks", "tablet", "tablets", "phone", "equipment", "enclosure", "gs", "v",
	"r", "the", "of", "my", "our", "geratenummer", "gerate", "gerates", "gerat", "gerats",
	"produkt", "des", "der", "de", "du", "del", "dello", "della", "do", "da", "di", "d", "l",
	"la", "le", "les", "el", "los", "van", "het", "von", "vom", "fur", "appareils", "appareil",
	"materiel", "ordinateur", "dispositivos", "dispositivo", "dispositivi", "equipos", "equipo",
	"ordenador", "aparelho", "equipamento", "apparaten", "apparaat", "toestel", "toestellen",
	"s", "sn", "snr", "serienummer", "デバイス", "端末", "機器", "製品", "本体", "の", "番号",
	"ナンバー", "设备", "設備", "号", "號", "기기", "номер", "НОМЕР", "устройства", "С", "с",
	"Σ", "σ", "cihaz", "cihazın", "numarası", "numara", "číslo", "zařízení", "broj", "număr",
	"מספר", "ый", "sı", "ός", "الرقم", "رقم", "رقمال", "ال", "ي", "αριθμός" };

/* Words of a heading that say that what stands below it is not meant. */
static const char *const apart_words =
	" not keep except excepted skip skipped ignore ignored done already lost missing nicht "
	"behalten bleiben bleibt ausser ohne sauf garder conserver excepto salvo mantener "
	"conservar manter tranne eccetto tenere behouden zachowac pominac hold held sold vip "
	"waiting "
	"pending later fertig finished hecho fatto fait rendu vendu vendus rendus ";
/* The same, within a longer word or over several. */
static const char *const apart_parts[] = { "excep", "excl", "exkl", "esclus", "eccez", "ausnahm",
	"ausgenomm", "ausgeschl", "outofscope", "handsoff", "fingerweg", "leavealone", "leaveasis",
	"erledigt", "abgeschlossen", "zuruckgegeb", "zuruckgesch", "gesperrt", "geschutzt",
	"protect", "proteg", "protett", "verbleib", "verkauft", "vendid", "venduti", "devuelt",
	"devolvi", "restitu", "noborr", "nocancel", "noncancel", "noelimin", "nonelimin", "nomover",
	"nonspost", "nomodific", "nonmodific", "保持", "例外", "保護", "済み", "処理済", "返却",
	"しない", "禁止", "完了", "已完成", "已归还", "勿", "예외", "완료", "반납" };

/* Columns in which people write what they like. */
static const char *const note_parts[] = { "note", "comment", "remark", "bemerk", "anmerk",
	"kommentar", "notiz", "hinweis", "beschreib", "descri", "remarque", "annotation", "nota",
	"comentario", "observac", "commento", "commenti", "osservaz", "opmerk", "toelicht", "備考",
	"メモ", "コメント", "说明", "备注", "비고", "메모" };

static bool contains(struct str text, const char *part)
{
	struct str p = str_from(part);

	for (size_t i = 0; i + p.n <= text.n; i++)
		if (text.p[i] == *part && memcmp(text.p + i, part, p.n) == 0)
			return true;
	return false;
}

static bool any_part(struct str text, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (contains(text, parts[i]))
			return true;
	return false;
}

/* A letter of China, Japan or Korea after Latin ones, or the other way round: they stand side by
 * side without a blank. next: a byte, which may be within a character. */
static bool changes_script(char first, char next)
{
	bool within = ((unsigned char)next & 0xc0) == 0x80;

	return !within && ((unsigned char)first >= 0xe3) != ((unsigned char)next >= 0xe3);
}

/* A word ends before this character: it is a sign, or of another script than the word. */
static bool ends_word(const struct folded *word, char c, struct str kept)
{
	bool accent = (unsigned char)c == 0xcc || (unsigned char)c == 0xcd;

	if (word->n == 0)
		return false;
	return kept.n ? changes_script(word->text[0], kept.p[0]) : !accent;
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

/* The next word of a header, folded; words end at blanks and signs, before a capital that follows
 * a small letter, and where the script changes. Empty at the end. */
static struct folded next_word(struct str *rest)
{
	struct folded word = { .n = 0 };
	bool small = false;

	while (rest->n && !is_word_byte((unsigned char)rest->p[0]))
		*rest = str_sub(*rest, 1, rest->n - 1);
	while (rest->n && is_word_byte((unsigned char)rest->p[0])) {
		struct str kept;
		size_t step = fold_step(*rest, 0, &kept);

		if (ends_word(&word, rest->p[0], kept) ||
			(small && rest->p[0] >= 'A' && rest->p[0] <= 'Z'))
			break;
		small = is_small(rest->p[0]);
		for (size_t i = 0; i < kept.n && word.n < FOLD_BYTES; i++)
			word.text[word.n++] = ascii_lower(kept.p[i]);
		step = step < rest->n ? step : rest->n;
		*rest = str_sub(*rest, step, rest->n - step);
	}
	return word;
}

/* "Ser.Nr." */
static bool is_short_for_number(struct str word)
{
	return place_in("nr no num number nummer numero", word) < HEADER_NONE;
}

/* What the words of a header say: one of them is in the list of words; the serial is named, by `S`
 * and `N`, `SN` or `Ser.Nr.` */
static void look_at_words(struct str header, const char *words, bool *ret_other, bool *ret_sn)
{
	bool was_s = false, was_ser = false;

	for (int n = 0; n < WORDS_MAX && header.n; n++) {
		struct folded word = next_word(&header);
		struct str w = { word.text, word.n };

		if (w.n == 0)
			break;
		*ret_other |= place_in(words, w) < HEADER_NONE;
		*ret_sn |= place_in("sn sernr serno sernum", w) < HEADER_NONE ||
			   (was_s && str_eq(w, STR("n"))) || (was_ser && is_short_for_number(w));
		was_s = str_eq(w, STR("s"));
		was_ser = str_eq(w, STR("ser"));
	}
}

/* Only names that say for sure that it is something else. */
static bool names_other_column(struct str word)
{
	for (int i = 0; i < COLUMN_MAX_; i++)
		if (i != COLUMN_SERIAL && place_in(aliases[i].good, word) < HEADER_NONE)
			return true;
	return false;
}

/* Notes behind which bytes of f the next part may begin, when one of these begins at i. */
static void reach(
	bool *reached, const struct folded *f, size_t i, const char *const *parts, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		size_t n_part = strlen(parts[k]);

		if (n_part <= f->n - i && memcmp(f->text + i, parts[k], n_part) == 0)
			reached[i + n_part] = true;
	}
}

bool header_is_of_device(struct str header)
{
	struct folded f = fold(header);
	bool reached[FOLD_BYTES + 1] = { true };

	for (size_t i = 0; i < f.n; i++) {
		if (!reached[i])
			continue;
		reach(reached, &f, i, stems, sizeof(stems) / sizeof(*stems));
		reach(reached, &f, i, own_parts, sizeof(own_parts) / sizeof(*own_parts));
		if (f.text[i] >= '0' && f.text[i] <= '9')
			reached[i + 1] = true;
	}
	return reached[f.n];
}

bool header_is_of_other(struct str header)
{
	struct folded f = fold(header);
	bool about = false, age = false, sn = false;

	if (header_sense(header) == SENSE_QUALIFIED)
		return true;
	look_at_words(header, words_about, &about, &sn);
	look_at_words(header, words_of_age, &age, &sn);
	return !about && header_sense(header) == SENSE_UNKNOWN &&
	       (age || any_part((struct str){ f.text, f.n }, device_parts,
			       sizeof(device_parts) / sizeof(*device_parts)));
}

bool header_is_of_notes(struct str header)
{
	struct folded f = fold(header);

	/* A notebook is no note. */
	return any_part((struct str){ f.text, f.n }, note_parts,
		       sizeof(note_parts) / sizeof(*note_parts)) &&
	       !contains((struct str){ f.text, f.n }, "notebook");
}

bool header_sets_apart(struct str heading)
{
	struct folded f = fold(heading);
	struct str text = { f.text, f.n };
	bool apart = false, sn = false;

	look_at_words(heading, apart_words, &apart, &sn);
	return apart || any_part(text, other_parts, sizeof(other_parts) / sizeof(*other_parts)) ||
	       any_part(text, apart_parts, sizeof(apart_parts) / sizeof(*apart_parts));
}

enum header_sense header_sense(struct str header)
{
	struct folded f = fold(header);
	struct str text = { f.text, f.n };
	int rank = rank_of(COLUMN_SERIAL, text);
	bool other = false, sn = false;

	if (rank < HEADER_WEAK)
		return SENSE_EXACT;
	if (rank < HEADER_NONE)
		return SENSE_WEAK;
	look_at_words(header, other_words, &other, &sn);
	if (sn || any_part(text, stems, sizeof(stems) / sizeof(*stems))) {
		other |= any_part(text, other_parts, sizeof(other_parts) / sizeof(*other_parts));
		return other ? SENSE_QUALIFIED : SENSE_COMPOUND;
	}
	return names_other_column(text) ? SENSE_OTHER : SENSE_UNKNOWN;
}
