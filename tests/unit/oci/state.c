/* The state as `state`, hooks and agents get it. */
#include "oci/state.h"

#include "tests/unit/oci/documents.h"

static char *encoded(const struct oci_state *state, bool pretty)
{
	AUTO_STRBUF out = STRBUF(65536);
	struct json_writer w;

	json_writer_init(&w, &out, pretty);
	oci_state_encode(state, &w, NULL);
	ck_assert_int_eq(json_writer_end(&w), 0);
	return strbuf_take(&out);
}

START_TEST(a_state_is_one_line_with_plain_slashes)
{
	struct string_pair annotations[] = { { "a/b", "c" } };
	struct oci_state state = { .id = "web",
				   .pid = 4422,
				   .status = "created",
				   .bundle = "/containers/web",
				   .root = "/containers/web/rootfs",
				   .annotations = annotations,
				   .n_annotations = 1 };
	AUTO_FREE char *text = encoded(&state, false);

	ck_assert_str_eq(text, "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":4422,"
			       "\"status\":\"created\",\"bundle\":\"/containers/web\","
			       "\"root\":\"/containers/web/rootfs\","
			       "\"annotations\":{\"a/b\":\"c\"}}");
	ck_assert_ptr_null(state.oci_version);
}
END_TEST

START_TEST(a_stopped_container_has_pid_0)
{
	struct oci_state state = {
		.oci_version = "1.0.2", .id = "web", .status = "stopped", .bundle = "/b"
	};
	AUTO_FREE char *text = encoded(&state, false);

	ck_assert_str_eq(text, "{\"ociVersion\":\"1.0.2\",\"id\":\"web\",\"pid\":0,"
			       "\"status\":\"stopped\",\"bundle\":\"/b\"}");
}
END_TEST

START_TEST(states_are_read_back)
{
	AUTO_ARENA *arena = document_arena();
	struct string_pair annotations[] = { { "k", "v" }, { "empty", "" } };
	struct oci_state state = { .oci_version = "1.3.0",
				   .id = "a",
				   .pid = 1,
				   .status = "running",
				   .bundle = "/b",
				   .rootfs = "/b/r",
				   .root = "/b/r",
				   .created = "2026-01-02T03:04:05.678Z",
				   .owner = "root",
				   .annotations = annotations,
				   .n_annotations = 2 };
	AUTO_FREE char *text = encoded(&state, true);
	const struct json *value;
	struct oci_state again;
	struct err e = ERR_INIT;

	ck_assert_int_eq(json_parse(arena, text, strlen(text), NULL, &value, &e), 0);
	ck_assert_int_eq(record_decode(&oci_state_record, arena, value, "", NULL, &again, &e), 0);
	ck_assert(record_equal(&oci_state_record, &state, &again));
}
END_TEST

UNIT_MAIN("oci/state", a_state_is_one_line_with_plain_slashes, a_stopped_container_has_pid_0,
	  states_are_read_back)
