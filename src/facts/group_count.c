#include "facts/group_count.h"

#include "facts/facts_parts.h"
#include "model/serial.h"

struct counting {
	struct facts *f;
	uint32_t group, server;
	struct map listed; /* serials of the group's list */
	struct group_count *count;
};

/* What is no serial is nobody's. */
static bool read_serial(struct str text, struct serial *ret)
{
	return serial_read(text, ret) == REASON_NONE;
}

static enum errc take_listed(void *self, const struct json *element, struct err *err)
{
	struct counting *c = self;
	struct uem_dep_device dep;
	struct serial s;
	enum errc rc = uem_dep_device_decode(element, &dep, err);

	if (!rc && read_serial(dep.serial, &s))
		(void)map_add(&c->listed, serial_view(&s), NULL);
	return rc;
}

static enum errc take_member(void *self, const struct json *element, struct err *err)
{
	struct counting *c = self;
	struct str id;
	struct serial s;
	enum errc rc = apple_linkage_decode(element, &id, err);

	if (rc || !read_serial(id, &s))
		return rc;
	c->count->n++;
	c->count->listed += map_find(&c->listed, serial_view(&s)) != MAP_NONE;
	return ERR_OK;
}

static enum errc read_whole(struct counting *c, struct listing *l, struct err *err)
{
	enum errc rc = facts_run_listing(c->f, l, err);

	return rc || l->complete ? rc : err_set(err, ERR_PROTOCOL, "a list is not whole");
}

static enum errc read_group(struct counting *c, struct err *err)
{
	struct listing l = {
		.list = LIST_GROUP_DEVICES,
		.of = buf_view(&c->f->fleet->groups[c->group].uuid),
		.each = take_listed,
		.self = c,
	};

	return read_whole(c, &l, err);
}

static enum errc count_server(struct counting *c, struct err *err)
{
	struct listing l = {
		.list = LIST_SERVER_DEVICES,
		.of = fleet_server_id(c->f->fleet, c->server),
		.each = take_member,
		.self = c,
	};

	return read_whole(c, &l, err);
}

enum errc group_count(struct facts *f, uint32_t group, const uint32_t *servers, uint32_t n,
	struct group_count *ret, struct err *err)
{
	struct counting c = { .f = f, .group = group };
	enum errc rc;

	map_init(&c.listed, 0);
	rc = read_group(&c, err);
	for (uint32_t i = 0; i < n && !rc; i++) {
		ret[i] = (struct group_count){ 0 };
		c.server = servers[i];
		c.count = &ret[i];
		rc = count_server(&c, err);
	}
	map_release(&c.listed);
	return rc;
}

bool group_count_crossed(const struct group_count *own, const struct group_count *other)
{
	return own->n >= GROUP_COUNT_LEAST && own->listed == 0 &&
	       other->listed >= GROUP_COUNT_LEAST && other->listed * 2 > other->n;
}
