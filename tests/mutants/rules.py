"""What no change may do without: each rule of the ledger, of looking, of pages and lists, of locks and
of time taken out, one at a time, and the test that has to fail then.

rule: (file or files, [(what stands there once, what takes its place)], the test)

A test is a suite with its parts, a unit program, `crash` with a suite of crash.py, or `worlds` with
how many at most and what they aim at.
"""

RULES = {
    "ledger: a request of another run is open to this one": ("src/run/load.c", [
        ("\t\tif (!r && d)\n\t\t\td->blocked = true;",
         "\t\tif (!r && d)\n\t\t\td->blocked = false;"),
    ], "stories"),
    "ledger: an activity holds its devices until it has ended": ("src/run/settle_look.c", [
        ("\treturn r->over || answered_at_once(r);",
         "\treturn true || answered_at_once(r);"),
    ], "stories"),
    "ledger: custody with the intent": ("src/run/intent.c", [
        ("\t\trc = job_take_custody(j, d, at_ms, err);",
         "\t\trc = ERR_OK;"),
    ], "stories"),
    "ledger: custody outlives its run": ("src/apply/recover.c", [
        ("\tfor (size_t i = 0; !rc && i < off.n; i++)\n\t\tadd_run(&e, off.v[i].run);",
         "\tfor (size_t i = 0; !rc && i < 0 * off.n; i++)\n\t\tadd_run(&e, off.v[i].run);"),
    ], "stories"),
    "ledger: irreversible deeds are noted": ("src/run/intent.c", [
        ("\tif (!rc && step_info(r->kind)->irreversible)\n\t\trc = note_deed",
         "\tif (!rc && false)\n\t\trc = note_deed"),
    ], "stories"),
    "ledger: a deed is done for its incarnation": ("src/run/intent.c", [
        ("\t\telse if (ret == SENT_NEVER && str_eq(old->incarnation, str_from(now)))",
         "\t\telse if (false)"),
    ], "meanwhile deeds"),
    "ledger: an unreadable incarnation blocks": ("src/run/intent.c", [
        ("old->state == DEED_OPEN || !now[0] || !old->incarnation.n)",
         "old->state == DEED_OPEN)"),
    ], "meanwhile deeds"),
    "ledger: ids, not names, are frozen": ("src/plan/freeze.c src/run/load.c", [
        (".home = fleet_server_id(f, home),",
         ".home = fleet_server_name(f, home),"),
        (".home = fleet_server_by_id(j->fleet, rec->home),",
         ".home = fleet_server_by_name(j->fleet, rec->home),"),
    ], "meanwhile servers"),
    "ledger: a lost name spoils its own devices only": ("src/run/wanted.c", [
        ("\tif (!s->lost)\n\t\treturn false;\n",
         "\tstruct err why;\n\n\tif (!s->lost)\n\t\treturn false;\n"
         '\t(void)err_set(&why, ERR_SETTINGS, "lost");\n'
         "\tjob_stop(j, ERR_SETTINGS, REASON_RUN_WAITING, &why);\n"),
    ], "meanwhile servers"),
    "recovery before rules, names and mapping": ("src/cli/app/run_command.c", [
        ("\trc = put_back_first(c, c->identity, err);\n",
         "\trc = ERR_OK;\n"),
        ("\tif (c->worked || !c->p.settings ||",
         "\tif (c || !c->p.settings ||"),
    ], "stories"),
    "recovery of earlier runs before anything new": ("src/cli/app/run_command.c", [
        ("\t\trc = run_recover(&s, c->identity, &c->in_flight, err);",
         "\t\trc = s.store ? ERR_OK : ERR_STORE;"),
    ], "stories"),
    "late binding: the look comes after the wait": ("src/run/change.c src/run/look.c", [
        ("\trc = n ? await_turn(j, devices, n, &go, err) : ERR_OK;\n",
         "\trc = n ? look_before(j, devices, n, err) : ERR_OK;\n\tif (!rc && n)\n"
         "\t\trc = await_turn(j, devices, n, &go, err);\n"),
        ("\tif (d->looked_ms == TIME_NONE || d->looked_ms < j->waited_ms || now > "
         "d->good_until_ms)\n",
         "\tif (d->looked_ms == TIME_NONE)\n"),
        ("\t\t\t\t\t\t   j->settings->timeouts.fresh_ms;",
         "\t\t\t\t\t\t   48 * 3600000;"),
    ], "worlds 20"),
    "late binding: a look of before a long wait is none": ("src/run/look.c", [
        ("d->looked_ms < j->waited_ms || ",
         ""),
    ], "worlds 60 too_many"),
    "late binding: a look is good for timeouts.fresh": ("src/run/look.c", [
        ("\t\t\t\t\t\t   j->settings->timeouts.fresh_ms;",
         "\t\t\t\t\t\t   48 * 3600000;"),
    ], "worlds 400 suspend"),
    "late binding: its age is looked at on the connection": ("src/io/http.c", [
        ("\treturn t->too_old ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;",
         "\tt->too_old = false;\n\treturn CURL_PREREQFUNC_OK;"),
    ], "test_http"),
    "late binding: limits at the intent": ("src/run/intent.c", [
        ("\tif (!rc)\n\t\trc = limits_hold(r, at_ms, err);\n",
         "\tif (!rc && false)\n\t\trc = limits_hold(r, at_ms, err);\n"),
    ], "guards"),
    "late binding: limits keep nobody off his server": ("src/run/intent.c", [
        ("\t\tif (back || !limit_most(",
         "\t\tif ((back && false) || !limit_most("),
    ], "meanwhile limits"),
    "late binding: no more intents ahead than connections": ("src/wire/flight.c", [
        ("\twhile (n < first->call.ahead && n < AHEAD_MAX &&",
         "\twhile (n < AHEAD_MAX &&"),
    ], "test_transport"),
    "late binding: what others moved during the look waits": ("src/run/look.c", [
        ("\t\trc = drop_moved(&l, from_ms, err);",
         "\t\trc = from_ms && false ? drop_moved(&l, from_ms, err) : ERR_OK;"),
    ], "worlds 60 meddle"),
    "late binding: nothing is sent whose effect holds": ("src/run/wanted.c", [
        ("\tif (work_needless(j->fleet, s, d->home, j->settings->has_uem, seen))\n",
         "\tif (false)\n"),
    ], "meanwhile waits"),
    "late binding: nobody else's change is overridden": ("src/run/wanted.c", [
        ("\tif (seen->server == job_expected(j, d).server &&\n",
         "\tif (true &&\n"),
    ], "worlds 40 move"),
    "late binding: who others took off is left there": ("src/run/wanted.c", [
        ("\tif (!ours && taken_by_others(j, d, seen)) {\n",
         "\tif (!ours && taken_by_others(j, d, seen) && false) {\n"),
    ], "stories"),
    "evidence: a list that is not whole hides its own server's moves": ("src/run/settle.c", [
        ("\tbool all = !j->last_look_failed && !r->unseen;\n",
         "\tbool all = !j->last_look_failed && (!r->unseen || true);\n"),
    ], "stories"),
    "reservation: a put-back is not split": ("src/run/change.c", [
        ("\t\tmost = j->settings->batch_apple;\n\t\toff =",
         "\t\tmost = v[i].back ? 1 : j->settings->batch_apple;\n\t\toff ="),
    ], "schedule"),
    "evidence: fewer than the total prove no absence": ("src/wire/listing.c", [
        ("\telse if (l->total > (int64_t)l->n && !l->resumed)",
         "\telse if (false)"),
    ], "field pages"),
    "evidence: gone is searched for, too": ("src/run/sync.c", [
        ("\trc = keep_gone(s, proved, err);\n",
         "\trc = s ? ERR_OK : keep_gone(s, proved, err);\n"),
    ], "meanwhile lists"),
    "evidence: serials as the program spells them": ("src/facts/fleet.c", [
        ("\treturn *ret_odd ? MAP_NONE : map_find(&f->serials, serial_view(&s));",
         "\treturn *ret_odd ? MAP_NONE : map_find(&f->serials, serial);"),
    ], "stories"),
    "mapping: asked of programs with a sync only": ("src/plan/mapping.c", [
        ("\t\tif ((leaves || (is_sync(s) && results[i] == RESULT_TODO)) &&\n",
         "\t\tif ((true || leaves) &&\n"),
    ], "stories"),
    "mapping: a crossed pair stops the plan": ("src/plan/plan_decide.c", [
        ("\t\trc = mapping_check(p, err);\n",
         "\t\trc = ERR_OK;\n"),
    ], "stories"),
    "mapping: one that is not synced yet is no fault": ("src/facts/group_count.c", [
        ("\treturn own->n >= GROUP_COUNT_LEAST && own->listed == 0 &&\n"
         "\t       other->listed >= GROUP_COUNT_LEAST && other->listed * 2 > other->n;",
         "\treturn own->listed == 0 && other->listed * 2 > other->n;"),
    ], "stories"),
    "expect: what this run did is no difference": ("src/cli/app/approved_plan.c", [
        ("!(own && own_doing_explains(own, serial, was, is))",
         "!(own && false)"),
    ], "stories"),
    "expect: what others did is one": ("src/cli/app/own_doing.c", [
        ("\tif (slot == MAP_NONE || !str_eq(",
         "\tif (slot != MAP_NONE)\n\t\treturn true;\n\tif (slot == MAP_NONE || !str_eq("),
    ], "stories"),
    "protected: asked at every send": ("src/run/look.c", [
        ("\t\tjob_read_protected(j);",
         "\t\t(void)j;"),
    ], "meanwhile protected"),
    "protected: unreadable stops what is new": ("src/run/job.c", [
        ("\t\tjob_stop(j, err.code, REASON_RUN_GUARDED, &err);\n\t\treturn;\n\t}\n\tfor",
         "\t\treturn;\n\t}\n\tfor"),
    ], "meanwhile protected"),
    "store: a put-back without a ledger has its intent in emergency": ("src/run/unwritten.c", [
        ("\trc = back ? emergency_intend(",
         "\t*ret_id = -1;\n\trc = back && rec.run ? ERR_OK : back ? emergency_intend("),
    ], "crash disk"),
    "store: put-backs without a ledger": ("src/apply/apply.c", [
        ("\tif (rc == ERR_STORE && begun)\n",
         "\tif (rc == ERR_STORE && begun && false)\n"),
    ], "crash disk"),
    "store: without emergency no put-back": ("src/run/unwritten.c", [
        ("\t\t\t    ret_id, err)\n\t\t  : err_set",
         "\t\t\t    ret_id, err) * 0\n\t\t  : err_set"),
    ], "crash disk"),
    "lock: one writer": ("src/os/kernel.c", [
        ("\tif (fcntl(fd, F_OFD_SETLK, &want) == 0)\n\t\treturn true;",
         "\tif (fcntl(fd, F_OFD_SETLK, &want) == 0 || fd >= 0)\n\t\treturn true;"),
    ], "test_lock"),
    "lock: held by the open file": ("src/os/kernel.c", [
        ("\tif (fcntl(fd, F_OFD_SETLK, &want) == 0)\n\t\treturn true;",
         "\tif (fcntl(fd, F_SETLK, &want) == 0)\n\t\treturn true;"),
    ], "test_lock"),
    "lock: no network file systems": ("src/store/open.c", [
        ("\ts->network = rc != ERR_OK;\n\tif (!rc ||",
         "\ts->network = rc != ERR_OK;\n\tif (rc != ERR_INTERNAL ||"),
    ], "disk"),
    "time: in full on a new boot": ("src/facts/open_intents.c", [
        ("\tif (!str_eq(in->boot, str_from(clock_boot(c)))) {",
         "\tif (false) {"),
    ], "meanwhile elsewhere"),
    "time: a clamped wall clock": ("src/wire/turn.c src/wire/rate.c", [
        ("at_ms < n->now_ms ? at_ms : n->now_ms",
         "at_ms"),
    ], "test_turn"),
    "time: one budget of all processes": ("src/wire/turn.c", [
        ("\tif (t->shared && take(",
         "\tif (t->shared && t->first && take("),
    ], "test_turn"),
    "time: the lock's holder comes first": ("src/wire/turn.c", [
        ("\tif (!t->first && !patient && first_ms != TIME_NONE)",
         "\tif (false)"),
    ], "test_turn"),
    "start: an older state is noticed": ("src/cli/app/run_command.c", [
        ("\trc = older_look(&s, err);", "\trc = s.store ? ERR_OK : older_look(&s, err);"),
    ], "lost"),
    "evidence: gone is searched for in its group": ("src/run/sync.c", [
        ("\t\t\tgroups[n] = groups_before(j, nth(s, i));",
         "\t\t\tgroups[n] = 1;"),
    ], "meanwhile lists"),
    "ledger: a released device is not put back": ("src/run/wanted.c", [
        ("\tbool away = !seen->released &&\n", "\tbool away =\n"),
    ], "meanwhile left"),
    "ledger: an irreversible deed is asked for when it is sent": ("src/run/wanted.c", [
        ("\tif (step_info(s->kind)->irreversible && job_sent_before(j, d) != SENT_NEVER) {",
         "\tif (false) {"),
    ], "meanwhile deeds"),
    "late binding: what the ledger lacks does not leave": ("src/run/intent.c", [
        ("\tif (rc)\n\t\treturn rc;\n\ttake_intent(r, id, at_ms);",
         "\ttake_intent(r, id, at_ms);"),
    ], "crash disk"),
    "reservation: who is off comes first": ("src/run/change.c", [
        ("\tint c = compare(y->back, x->back);",
         "\tint c = compare(x->back, y->back);"),
    ], "schedule"),
    "reservation: earlier custody is served first": ("src/apply/recover.c", [
        ("\tfor (size_t i = 0; !rc && i < off.n; i++)\n\t\tadd_run(&e, off.v[i].run);\n",
         ""),
    ], "stories"),
    "reservation: devices off count over all runs": ("src/run/budget.c", [
        ("\tmost -= j->n_elsewhere < most ? j->n_elsewhere : most;\n",
         ""),
    ], "stories"),
    "evidence: two looks, not one": ("src/run/look.c", [
        ("\tif (d->doubt == shows && d->looked_ms >= look_second_ms(j, d)) {",
         "\tif (shows) {"),
    ], "doubt before"),
    "evidence: two looks drop a put-back": ("src/run/wanted.c", [
        ("\tif (!look_agrees(j, d, work_view_key(seen)))\n\t\treturn WANTED_LATER;\n"
         "\tif (seen->server == target)",
         "\td->sure = true;\n\tif (seen->server == target)"),
    ], "doubt before"),
    "evidence: two looks find a step needless": ("src/run/wanted.c", [
        ("\tif (seen->server != job_expected(j, d).server && !look_agrees(",
         "\tif (false && !look_agrees("),
    ], "doubt before"),
    "evidence: two looks call it drift": ("src/run/wanted.c", [
        ("\tif (!look_agrees(j, d, work_view_key(seen)))\n\t\treturn WANTED_LATER;\n"
         "\tdrift_note(j, d, seen);",
         "\tdrift_note(j, d, seen);"),
    ], "doubt before"),
    "evidence: two looks find that it never left": ("src/run/wanted.c", [
        ("\tif (!look_agrees(j, d, work_view_key(seen)))\n\t\treturn WANTED_LATER;\n"
         "\tif (seen->server == job_expected(j, d).server)\n\t\tjob_stayed",
         "\td->sure = true;\n"
         "\tif (seen->server == job_expected(j, d).server)\n\t\tjob_stayed"),
    ], "doubt late"),
    "evidence: two looks allow what failed once more": ("src/run/settle.c", [
        ("\t\tif (!seen_twice(j, d, work_view_key(&v), ret_wake))\n\t\t\treturn false;\n"
         "\t\tgive_verdict(",
         "\t\tgive_verdict("),
    ], "meanwhile stale"),
    "evidence: what another undid is not done again": ("src/run/settle.c", [
        ("\tbool again = job_is_put_back(j, d) || !(accepted || theirs),",
         "\tbool again = job_is_put_back(j, d) || !accepted || (theirs && false),"),
    ], "meanwhile unheard"),
    "evidence: it was put back, and another took it off": ("src/run/settle.c", [
        ("\t       events_say_taken(d, r->intent_ms) &&",
         "\t       events_say_taken(d, r->intent_ms) && false &&"),
    ], "meanwhile taken"),
    "evidence: the same, told while the next put-back waits": ("src/run/wanted.c", [
        ("!events_say_taken(d, job_sent_back_ms(j, d)))",
         "!events_say_taken(d, job_sent_back_ms(j, d)) || d)"),
    ], "meanwhile taken"),
    "evidence: back where it was, by two looks": ("src/run/settle.c", [
        ("\treturn (step_info(r->kind)->puts_back && d->custody) || is_unheard(r);",
         "\treturn is_unheard(r);"),
    ], "late"),
    "evidence: one entry stands for itself": ("src/wire/listing.c", [
        ("\tl->n = l->seen.n;\n",
         "\tl->n += l->n_page;\n"),
    ], "field pages"),
    "evidence: every server's list is whole": ("src/facts/facts_apple_server.c", [
        ("\t\twhole = whole && l->complete;\n",
         ""),
    ], "field pages"),
    "evidence: every group's list is whole": ("src/facts/facts_uem.c", [
        ("\tif (first)\n\t\tlists_unknown(",
         "\tif (first && !rc && false)\n\t\tlists_unknown("),
    ], "doubt odd"),
    "evidence: what was done is looked at once more": ("src/apply/apply.c", [
        ("\treturn rc || j->stop ? rc : final_look(j, err);",
         "\treturn rc || j->stop || true ? rc : final_look(j, err);"),
    ], "meanwhile waits"),
    "pages: a short page is no end": ("src/wire/listing.c", [
        ("\t\treturn (int64_t)l->n != l->total || maybe_full(l);",
         "\t\treturn l->n_page >= 500;"),
    ], "field pages"),
    "pages: a list ends by its own mark": ("src/wire/listing.c", [
        ("\t\t*ret_more = !rc && l->cursor.n > 0;",
         "\t\t*ret_more = !rc && l->cursor.n > 0 && l->n_page >= 100;"),
    ], "field pages"),
    "pages: a page that comes again is an error": ("src/wire/listing.c", [
        ("\tif (!fresh && l->n_pages > 1 && !empty_page(l))\n",
         "\tif (false)\n"),
    ], "field pages"),
    "pages: an odd entry's device is not missing": ("src/wire/listing.c", [
        ("\tif (l->n_odd)\n",
         "\tif (false)\n"),
    ], "field odd"),
    "mapping: a server without an entry": ("src/plan/mapping.c", [
        ("\treturn server != SERVER_NONE && !fleet_is_mapped(f, server);",
         "\treturn server != SERVER_NONE && !f;"),
    ], "stories"),
    "mapping: group none is on purpose": ("src/facts/fleet.c", [
        ("\t       (server < f->n_servers && f->servers[server].unfed);",
         "\t       (server < f->n_servers && false);"),
    ], "stories"),
    "expect: what was put back early is no difference": ("src/cli/app/own_doing.c", [
        ("!has_word(left, one) && !has_word(lost, one) &&",
         "!has_word(left, one) && lost.n &&"),
    ], "stories"),
    "protected: the list only grows": ("src/run/job.c", [
        ("\tfor (uint32_t i = 0; i < now.n; i++)\n\t\t(void)map_add(&j->protected_since",
         "\tmap_release(&j->protected_since);\n\tmap_init(&j->protected_since, 0);\n"
         "\tfor (uint32_t i = 0; i < now.n; i++)\n\t\t(void)map_add(&j->protected_since"),
    ], "meanwhile protected"),
    "protected: it keeps nobody off his server": ("src/run/job.c", [
        ("\tif (work_put_back_due(job_program(j, d), d->results, &at) ||\n",
         "\tif ((work_put_back_due(job_program(j, d), d->results, &at) && false) ||\n"),
    ], "meanwhile protected"),
    "protected: unreadable keeps nobody off his server": ("src/run/look.c", [
        ("\tif (l.n && !rc && !j->closing)\n\t\tjob_read_protected(j);",
         "\tif (l.n && !rc)\n\t\tjob_read_protected(j);"),
    ], "meanwhile protected"),
    "store: no reading outlives its function": ("src/store/page.c", [
        ("\t*ret = row && !db_col_is_null(q, 0) ? db_col_int(q, 0) : none;\n\tdb_reset(q);\n",
         "\t*ret = row && !db_col_is_null(q, 0) ? db_col_int(q, 0) : none;\n"),
    ], "test_store"),
    "store: texts are copied out": ("src/store/page.c", [
        ("\t\tc.text = arena_dup(&p->texts, db_col_str(q, at));",
         "\t\tc.text = db_col_str(q, at);"),
    ], "test_store"),
    "store: the next start takes emergency over": ("src/store/open.c", [
        ("\treturn rc ? rc : emergency_take_over(s, err);",
         "\treturn rc;"),
    ], "crash disk"),
    "evidence: a list lacks it twice": ("src/run/sync.c", [
        ("\trc = keep_absent(s, proved, err);\n\tif (!rc)\n\t\trc = keep_gone(",
         "\trc = s ? ERR_OK : keep_absent(s, proved, err);\n\tif (!rc)\n\t\trc = keep_gone("),
    ], "doubt lacks"),
    "evidence: an answer about another device of the UEM's": ("src/facts/facts_record.c", [
        ("\tif (!code && slot_of(u->f, &record) != u->slot)\n",
         "\tif (false)\n"),
    ], "doubt odd"),
    "store: readers do not write": ("src/io/db/db.c", [
        ("db_exec(d, \"PRAGMA query_only=ON\", err) : db_fail(d, rc, err);",
         "ERR_OK : db_fail(d, rc, err);"),
    ], "test_db"),
    "store: readers leave the log to the writer": ("src/io/db/db.c", [
        ("\tint rc = sqlite3_db_config(d->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,",
         "\tint rc = sqlite3_db_config(d->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0,"),
    ], "test_db"),
    "store: a log that was cut is noticed at once": ("src/io/db/db.c", [
        ("\tif (!db_log_is_there(&d->log, d->h))\n",
         "\tif (!db_log_is_there(&d->log, d->h) && false)\n"),
    ], "damage"),
    "store: a log that is not whole is not taken over": ("src/io/db/db.c", [
        ("\tif (!db_log_is_whole(&d->log, d->h))\n\t\t(void)sqlite3",
         "\tif (false)\n\t\t(void)sqlite3"),
    ], "damage"),
    "store: at its end an apply asks whether all of it is there": ("src/cli/app/run_command_end.c", [
        ("\treturn rc ? rc : store_check_run(store, run.id, err);",
         "\treturn rc;"),
    ], "damage"),
    "store: a damaged ledger is put aside for the backup": ("src/cli/app/saved_run.c", [
        ("\tif (!rc || !err->damaged)\n\t\treturn rc;",
         "\tif (!rc || err)\n\t\treturn rc;"),
    ], "damage"),
    "start: what our account did, and the ledger has not": ("src/older/older.c", [
        ("\tif (!rc && asks)\n\t\trc = read_events(&s, err);",
         "\tif (!rc && asks && false)\n\t\trc = read_events(&s, err);"),
    ], "lost"),
}
