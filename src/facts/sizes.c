/* How long listings were the last time: one that has shrunk too far is not believed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "facts/facts_parts.h"
#include "store/shared.h"

enum { OWN_CHANGES_MS = 7 * 24 * 3600 * 1000, SIZE_KEPT_MS = OWN_CHANGES_MS };

/* A size that cannot be kept is no reason to believe the listing less. */
static void keep_size(const struct facts *f, const char *key, const char *text)
{
	struct err err;

	if (f->store && shared_note_put(store_shared(f->store), key, str_from(text), &err))
		log_debug("%s", err.msg);
}

static void remember_size(const struct facts *f, const char *key, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	keep_size(f, key, text);
}

/* "SIZE TIME" */
void facts_keep_org_size(const struct facts *f)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "%lld %lld", (long long)f->fleet->org_size,
		(long long)transport_now(f->transport));
	keep_size(f, "size.organization", text);
}

enum errc facts_org_size(const struct facts *f, int64_t *ret, struct err *err)
{
	char *kept = NULL;
	struct str when;
	uint64_t size, at_ms;
	enum errc rc = ERR_OK;

	if (f->store)
		rc = shared_note_get(store_shared(f->store), "size.organization", &kept, err);
	when = kept ? str_from(kept) : STR_NONE;
	if (str_to_u64(str_cut(&when, ' '), &size) && str_to_u64(when, &at_ms) &&
		transport_now(f->transport) - (int64_t)at_ms <= SIZE_KEPT_MS)
		*ret = (int64_t)size;
	free(kept);
	return rc;
}

/* Devices that depmend changed lately: a list they were on may be that much shorter. */
static enum errc own_changes(struct facts *f, uint64_t *ret, struct err *err)
{
	int64_t since = transport_now(f->transport) - OWN_CHANGES_MS;

	return f->store ? store_devices_since(f->store, -1, NULL, since, ret, err) : ERR_OK;
}

/* Than the last one, less what we removed ourselves, or than it told itself. */
static bool is_short(uint64_t n, uint64_t own, uint64_t last, uint64_t whole)
{
	return (n + own) * 5 < last * 4 || n * 5 < whole * 4;
}

static void tell_short(struct facts *f, const char *name, uint64_t n, uint64_t last, uint64_t whole,
	struct err *err)
{
	bool cut = n * 5 < whole * 4;

	(void)err_set(err, ERR_PROTOCOL,
		"the %s listing has %llu entries, %s %llu; when that is right, say --allow "
		"fleet=%llu",
		name, (unsigned long long)n,
		cut ? "of which it said there were" : "last time it had",
		(unsigned long long)(cut ? whole : last), (unsigned long long)n);
	if (f->shrunk[0] && n >= f->n_shrunk)
		return;
	(void)snprintf(f->shrunk, sizeof(f->shrunk), "%.199s", err->msg);
	f->n_shrunk = n;
}

static bool is_plausible(
	struct facts *f, const char *name, uint64_t n, int64_t told, struct err *err)
{
	char key[96], *old = NULL;
	uint64_t last = 0, own = 0, whole = told > 0 ? (uint64_t)told : 0;
	bool less;

	(void)snprintf(key, sizeof(key), "size.%s", name);
	if (f->store && shared_note_get(store_shared(f->store), key, &old, err))
		return false;
	if (old)
		(void)str_to_u64(str_from(old), &last);
	free(old);
	if (n * 5 < last * 4 && own_changes(f, &own, err))
		return false;
	less = is_short(n, own, last, whole);
	if (less && n < f->least) {
		tell_short(f, name, n, last, whole, err);
		return false;
	}
	if (n != last && !(less && f->least_once))
		remember_size(f, key, n);
	return true;
}

bool facts_apple_plausible(struct facts *f, uint64_t n, int64_t told, struct err *err)
{
	return is_plausible(f, "apple", n, told, err);
}

bool facts_group_plausible(struct facts *f, uint32_t group, uint64_t n, struct err *err)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "uem.%.40s", buf_cstr(&f->fleet->groups[group].uuid));
	return is_plausible(f, name, n, -1, err);
}
