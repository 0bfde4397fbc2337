/*
 * The lists that the user gave, as a whole: files, names, what a text says about engines and controllers.
 *
 * Called by main, session_auth and the screens. What a text holds is read in authlist_text.c, decisions are
 * made in authlist_decide.c. Never looks at a line.
 */
#include "analyzer/authlist.h"

#include "analyzer/authlist_index.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void authlist_init(struct authlist *list, struct certs *certs)
{
	*list = (struct authlist){.certs = certs, .index = authlist_index_new(), .plain = AUTHLIST_NONE};
}

void authlist_free(struct authlist *list)
{
	for (size_t i = 0; i < list->n_entries; i++)
		certs_give_back(list->certs, list->entries[i].cert);
	for (size_t i = 0; i < list->n_files; i++) {
		free(list->files[i].name);
		free(list->files[i].problems);
	}
	free(list->files);
	free(list->entries);
	free(list->lists);
	free(list->engines);
	free(list->controllers);
	authlist_index_free(list->index);
	*list = (struct authlist){.certs = NULL};
}

int authlist_read(struct authlist *list, struct source *source, struct err *err)
{
	uint8_t *text;
	size_t n;
	size_t room = LIMIT_LIST_BYTES + 1; /* one more, to see that there is more */
	if (source_slurp(source, room, &text, &n, err) != 0)
		return -1;
	authlist_parse(list, source->name, span_of(text, n));
	free(text);
	return 0;
}

/* ---- engines and controllers ---- */

static bool is_same_key(const struct authlist_key *a, const struct authlist_key *b)
{
	return strcmp(a->mac, b->mac) == 0 && strcmp(a->sha1, b->sha1) == 0 &&
	       strcmp(a->sha256, b->sha256) == 0;
}

const struct authlist_engine *authlist_only_engine(const struct authlist *list)
{
	if (list->n_engines == 0)
		return NULL;
	struct authlist_key key = authlist_key_of_engine(list, &list->engines[0]);
	for (size_t i = 1; i < list->n_engines; i++) {
		struct authlist_key other = authlist_key_of_engine(list, &list->engines[i]);
		if (!is_same_key(&key, &other))
			return NULL;
	}
	return &list->engines[0];
}

/* Without a word about it, what lies nearer to 64 digits than to 40 is SHA-256. */
bool authlist_is_sha256(const struct authlist_entry *entry)
{
	size_t between = cert_hash_bytes(CERT_SPKI_SHA1) + cert_hash_bytes(CERT_SPKI_SHA256);
	size_t meant = entry->digest != 0 ? entry->digest : entry->wants;
	if ((entry->hash.damage & AUTHTEXT_LENGTH) != 0 && meant != 0)
		return meant == cert_hash_bytes(CERT_SPKI_SHA256);
	return strlen(entry->hash.text) > between;
}

const struct authlist_entry *authlist_own_entry(const struct authlist *list,
                                                const struct authlist_engine *engine,
                                                const struct authlist_entry *other)
{
	size_t which = other != NULL && authlist_is_sha256(other);
	if (engine->entry[which] == AUTHLIST_NONE)
		which = !which;
	return &list->entries[engine->entry[which]];
}

bool authlist_is_incomparable(const struct authlist *list, const struct authlist_engine *engine,
                              const struct auth_decision *decision)
{
	const struct authlist_entry *entry = decision->entry;
	return decision->prediction == AUTH_HASH_MISMATCH && entry != NULL &&
	       authlist_is_sha256(authlist_own_entry(list, engine, entry)) != authlist_is_sha256(entry);
}

size_t authlist_wants(const struct authlist *list, const uint8_t address[4])
{
	for (size_t i = 0; i < list->n_controllers; i++) {
		const struct authlist_controller *row = &list->controllers[i];
		if (memcmp(row->address, address, sizeof row->address) == 0)
			return row->wants;
	}
	return 0;
}

/* Chains without a pair are short: there are only so many lengths of hashes. */
bool authlist_duplicate(const struct authlist *list, const char *mac, const struct authlist_entry *pair[2])
{
	uint32_t i = authlist_index_mac(list->index, mac);
	for (; i != AUTHLIST_NONE; i = list->entries[i].next_mac) {
		pair[0] = &list->entries[i];
		for (uint32_t k = pair[0]->next_mac; k != AUTHLIST_NONE; k = list->entries[k].next_mac) {
			pair[1] = &list->entries[k];
			if (pair[1]->file == pair[0]->file && !pair[0]->pem && !pair[1]->pem &&
			    strlen(pair[1]->hash.text) == strlen(pair[0]->hash.text))
				return true;
		}
	}
	return false;
}

bool authlist_is_ios(const struct authlist_file *file)
{
	return file->kinds[AUTHTEXT_USERNAME] + file->kinds[AUTHTEXT_ATTRIBUTE_LIST] +
	           file->kinds[AUTHTEXT_PASSWORD] + file->kinds[AUTHTEXT_AUTHORIZATION] >
	       0;
}

/* ---- names ---- */

const char *authlist_file_name(const struct authlist_file *file)
{
	const char *slash = strrchr(file->name, '/');
	return slash != NULL ? slash + 1 : file->name;
}

const char *authlist_problem_text(const struct authlist_problem *problem, char text[AUTHLIST_PROBLEM])
{
	if (problem->line == 0)
		snprintf(text, AUTHLIST_PROBLEM, "%s", problem->text);
	else
		snprintf(text, AUTHLIST_PROBLEM, "line %" PRIu32 ": %s", problem->line, problem->text);
	return text;
}

const char *auth_prediction_name(enum auth_prediction prediction)
{
	static const char *const names[] = {
	    [AUTH_NO_LIST] = "no-list",
	    [AUTH_NO_CERTIFICATE] = "no-certificate",
	    [AUTH_NOT_VISIBLE] = "not-visible",
	    [AUTH_MATCH] = "match",
	    [AUTH_DAMAGED_ENTRY] = "damaged-entry",
	    [AUTH_HASH_KIND] = "hash-kind",
	    [AUTH_HASH_MISMATCH] = "hash-mismatch",
	    [AUTH_HASH_OTHER_MAC] = "hash-other-mac",
	    [AUTH_MAC_NOT_LISTED] = "mac-not-listed",
	};
	return names[prediction];
}

const char *authlist_side_name(enum authlist_side side)
{
	static const char *const names[] = {
	    [AUTHLIST_PLAIN] = "plain",
	    [AUTHLIST_CONTROLLER] = "controller",
	    [AUTHLIST_ENGINE] = "engine",
	};
	return names[side];
}
