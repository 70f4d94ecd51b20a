/* How each list is asked for: of whom, in which pages, under which name, up to how many. */
#include "services/uem_bulk.h"
#include "services/uem_survey.h"
#include "wire/listing.h"

enum { EVENTS_MAX = 1000000, ROWS_MAX = 100000 };

#define KINDS(X)                                                                                  \
	X(DEVICES, TO_APPLE, PAGING_CURSOR, "data", APPLE_MAX_DEVICES,                            \
		apple_devices_request(apple, cursor, ret))                                        \
	X(SERVERS, TO_APPLE, PAGING_CURSOR, "data", APPLE_MAX_SERVERS,                            \
		apple_servers_request(apple, cursor, ret))                                        \
	X(SERVER_DEVICES, TO_APPLE, PAGING_CURSOR, "data", APPLE_MAX_DEVICES,                     \
		apple_server_devices_request(apple, of, cursor, ret))                             \
	X(EVENTS, TO_APPLE, PAGING_CURSOR, "data", EVENTS_MAX,                                    \
		apple_events_request(apple, l->since_ms, transport_now(l->t) + 1, cursor, ret))   \
	X(GROUPS, TO_UEM, PAGING_NUMBER, "OrganizationGroups", ROWS_MAX,                          \
		uem_group_request(uem, of, page, ret))                                            \
	X(GROUP_CHILDREN, TO_UEM, PAGING_NONE, "", ROWS_MAX,                                      \
		uem_group_children_request(uem, of, ret))                                         \
	X(GROUP_DEVICES, TO_UEM, PAGING_NONE, "", UEM_MAX_DEVICES,                                \
		uem_dep_list_request(uem, of, ret))                                               \
	X(PROFILES, TO_UEM, PAGING_NUMBER, "ProfileList", ROWS_MAX,                               \
		uem_profiles_request(uem, of, page, ret))                                         \
	X(TOKENS, TO_UEM, PAGING_NUMBER, "tokens", UEM_MAX_DEVICES,                               \
		uem_tokens_request(uem, of, STR(""), page, ret))                                  \
	X(RECORDS, TO_UEM, PAGING_NUMBER, "Devices", UEM_MAX_DEVICES,                             \
		uem_devices_page_request(uem, page, ret))                                         \
	X(USERS, TO_UEM, PAGING_NUMBER, "Users", ROWS_MAX, uem_users_request(uem, of, page, ret)) \
	X(PURCHASED_APPS, TO_UEM, PAGING_UNTOLD, "Application", ROWS_MAX,                         \
		uem_purchased_apps_request(uem, of, page, ret))                                   \
	X(PUBLIC_APPS, TO_UEM, PAGING_UNTOLD, "Application", ROWS_MAX,                            \
		uem_public_apps_request(uem, page, ret))

static const struct listing_kind kinds[] = {
#define X(id, service, paging, member, max, ask) [LIST_##id] = { service, paging, member, max },
	KINDS(X)
#undef X
};

const struct listing_kind *listing_kind(enum list list)
{
	return &kinds[list];
}

void listing_ask(
	const struct listing *l, struct str cursor, unsigned page, struct http_request *ret)
{
	const struct apple_service *apple = transport_apple(l->t);
	const struct uem_service *uem = transport_uem(l->t);
	struct str of = buf_view(&l->name);

	switch (l->list) {
#define X(id, service, paging, member, max, ask) \
	case LIST_##id:                          \
		ask;                             \
		break;
		KINDS(X)
#undef X
	}
}
