/* The protected list. It never fails open: what is not surely read stops the run. */
#include "lists/serial_strict.h"
#include "plan/plan.h"
#include "trust/trust.h"

enum { LIST_MAX_BYTES = 256 * 1024 * 1024 };

enum errc protect_load(
	struct map *ret, uint32_t *ret_n, const struct settings *settings, struct err *err)
{
	const struct list_settings *list = &settings->protect_list;
	struct list_options opt = {
		.csv = { .encoding = settings->encoding,
			.delimiter = list->delimiter,
			.of_settings = true },
		.columns = { .header_line = list->header_line,
			.serial_column = list->serial_column,
			.serial_header = str_from(list->serial_header) },
		.barcode_s = settings->barcode_s,
		.purpose = LIST_PROTECTED,
	};
	const char *path = settings->protect_file;
	struct serial_list *l = NULL;
	struct buf bytes = { 0 };
	struct map serials;
	uint32_t n = 0;
	enum errc rc = trust_read(TRUSTED_PROTECTED, path, LIST_MAX_BYTES, &bytes, err);

	map_init(&serials, 0);
	if (!rc && !list_is_nothing(buf_view(&bytes)))
		rc = list_open(&l, NULL, buf_view(&bytes), path, &opt, err);
	if (l)
		rc = list_read_strictly(l, &serials, &n, err);
	list_close(l);
	buf_release(&bytes);
	if (!rc && n == 0 && !settings->protect_may_be_empty)
		rc = err_set(err, ERR_SETTINGS,
			"%s: the protected list holds no serial; if that is right, say protect: "
			"{file: ..., empty: allowed} in the settings",
			path);
	if (rc) {
		map_release(&serials);
		err->code = ERR_SETTINGS;
		return ERR_SETTINGS;
	}
	*ret = serials;
	*ret_n = n;
	return ERR_OK;
}
