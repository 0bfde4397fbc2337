/*
 * What the allow list says of a certificate, or of an engine by its own text, and why. design.md section 6.
 *
 * Called by session_auth and the comparison. Asks the index for the entries that can have a say and takes
 * the best answer. Never reads a list and never knows what the controller did.
 */
#include "analyzer/authlist.h"

#include "analyzer/authlist_damage.h"
#include "analyzer/authlist_index.h"

#include <inttypes.h>
#include <stdio.h>

#define HEX(n)   (2 * (n) + 1) /* characters of n bytes in hex, with the end */
#define NAMED_LISTS 4             /* lists that a detail names one by one */
#define MAC_TEXT (3 * 6)       /* characters of a MAC address with colons, and the end */

/* What is asked: the digits that a list would hold, "" for unknown ones. Compared as bytes by the index. */
struct question {
	char mac[HEX(6)];
	char hash[CERT_HASHES][HEX(32)];
	size_t wants;
	uint32_t list; /* the only one that is asked, or AUTHLIST_ALL */
	bool of_text;  /* an engine's own text, no certificate */
};

/* The best answer so far. */
struct answer {
	enum auth_prediction prediction;
	uint32_t entry;
	enum cert_hash kind;
};

static const char *owner_of(const struct question *question)
{
	return question->of_text ? "the engine" : "the certificate";
}

/* ---- what one entry says ---- */

static bool find_equal(const struct question *question, const struct authlist_entry *entry,
                       enum cert_hash *out)
{
	for (enum cert_hash kind = 0; kind < CERT_HASHES; kind++)
		if (question->hash[kind][0] != 0 && strcmp(question->hash[kind], entry->hash.text) == 0) {
			*out = kind;
			return true;
		}
	return false;
}

static bool find_near(const struct question *question, const struct authlist_entry *entry,
                      enum cert_hash *out)
{
	for (enum cert_hash kind = 0; kind < CERT_HASHES; kind++)
		if (authlist_damage_is_near(entry->hash.text, question->hash[kind])) {
			*out = kind;
			return true;
		}
	return false;
}

static size_t wanted_by(const struct question *question, const struct authlist_entry *entry)
{
	return entry->pem ? 0 : entry->wants != 0 ? entry->wants : question->wants;
}

/* The bytes that the published hashes cover (facts.md section 6: inferred from a known answer). */
static bool is_compared(enum cert_hash kind)
{
	return kind == CERT_SPKI_SHA1 || kind == CERT_SPKI_SHA256;
}

/* What an entry that holds the certificate's hash says, its MAC address aside. */
static enum auth_prediction judge_equal(const struct question *question, const struct authlist_entry *entry,
                                        enum cert_hash kind)
{
	size_t wants = wanted_by(question, entry);
	if (entry->hash.damage != 0)
		return AUTH_DAMAGED_ENTRY;
	bool wanted = wants == 0 || wants == cert_hash_bytes(kind);
	return wanted && is_compared(kind) ? AUTH_MATCH : AUTH_HASH_KIND;
}

/* What one entry says; *kind is the certificate's hash that it holds, exactly or nearly. */
static enum auth_prediction judge(const struct question *question, const struct authlist_entry *entry,
                                  enum cert_hash *kind)
{
	bool equal = find_equal(question, entry, kind);
	if (equal && (question->mac[0] == 0 || entry->pem))
		return judge_equal(question, entry, *kind);
	if (question->mac[0] == 0)
		return AUTH_MAC_NOT_LISTED;
	if (entry->mac.damage != 0)
		return equal || find_near(question, entry, kind) ? AUTH_DAMAGED_ENTRY : AUTH_MAC_NOT_LISTED;
	if (strcmp(question->mac, entry->mac.text) != 0)
		return equal ? AUTH_HASH_OTHER_MAC : AUTH_MAC_NOT_LISTED;
	if (equal)
		return judge_equal(question, entry, *kind);
	return find_near(question, entry, kind) ? AUTH_DAMAGED_ENTRY : AUTH_HASH_MISMATCH;
}

/* Of equal answers the entry that stands first counts; enum auth_prediction has the order of precedence. */
static void ask(const struct authlist *list, const struct question *question, uint32_t i, struct answer *best)
{
	struct answer one = {.entry = i, .kind = CERT_SPKI_SHA1};
	if (question->list != AUTHLIST_ALL && list->files[list->entries[i].file].list != question->list)
		return;
	one.prediction = judge(question, &list->entries[i], &one.kind);
	if (one.prediction < best->prediction ||
	    (one.prediction == best->prediction && best->entry != AUTHLIST_NONE && i < best->entry))
		*best = one;
}

/* Only entries with its MAC address, one of its hashes, or a MAC address that cannot be read have a say. */
static struct answer best_answer(const struct authlist *list, const struct question *question)
{
	struct answer best = {
	    .prediction = AUTH_MAC_NOT_LISTED, .entry = AUTHLIST_NONE, .kind = CERT_SPKI_SHA1};
	uint32_t i = question->mac[0] != 0 ? authlist_index_mac(list->index, question->mac) : AUTHLIST_NONE;
	for (; i != AUTHLIST_NONE; i = list->entries[i].next_mac)
		ask(list, question, i, &best);
	for (enum cert_hash kind = 0; kind < CERT_HASHES; kind++) {
		const char *hash = question->hash[kind];
		i = hash[0] != 0 ? authlist_index_hash(list->index, hash) : AUTHLIST_NONE;
		for (; i != AUTHLIST_NONE; i = list->entries[i].next_hash)
			ask(list, question, i, &best);
	}
	for (i = authlist_index_damaged(list->index); i != AUTHLIST_NONE; i = list->entries[i].next_mac)
		ask(list, question, i, &best);
	return best;
}

/* ---- why ---- */

/* 12 digits as people write a MAC address. Returns `text`. */
static const char *with_colons(const char *digits, char text[MAC_TEXT])
{
	for (size_t i = 0; i < 6; i++)
		snprintf(&text[3 * i], MAC_TEXT - 3 * i, "%.2s:", &digits[2 * i]);
	text[MAC_TEXT - 1] = '\0';
	return text;
}

/* The hash that an entry of this length would hold. */
static enum cert_hash of_length(const struct authlist_entry *entry)
{
	return authlist_is_sha256(entry) ? CERT_SPKI_SHA256 : CERT_SPKI_SHA1;
}

static void say_kind(const struct question *question, struct auth_decision *out, enum cert_hash kind)
{
	size_t wants = wanted_by(question, out->entry);
	if (wants != 0 && wants != cert_hash_bytes(kind))
		authlist_damage_add(out, "the entry holds the %s, %zu digits are wanted",
		                    cert_hash_label(kind), 2 * wants);
	else
		authlist_damage_add(out, "the entry holds the %s", cert_hash_label(kind));
	if (!is_compared(kind))
		authlist_damage_add(out, "the controller compares the hash of the SubjectPublicKeyInfo "
		                         "(inferred): likely no match");
}

static void say_why(const struct question *question, struct auth_decision *out, enum cert_hash kind)
{
	const struct authlist_entry *entry = out->entry;
	const char *owner = owner_of(question);
	char other[MAC_TEXT], own[MAC_TEXT];
	switch (out->prediction) {
	case AUTH_MATCH:
		if (entry->pem)
			authlist_damage_add(out, "the entry is a PEM certificate with the same key");
		break;
	case AUTH_DAMAGED_ENTRY:
		if (entry->mac.damage != 0 && question->mac[0] != 0)
			authlist_damage_say(out, "MAC address", owner, &entry->mac, question->mac);
		authlist_damage_say(out, "hash", owner, &entry->hash, question->hash[kind]);
		if (!is_compared(kind))
			authlist_damage_add(out, "it is nearly the %s", cert_hash_label(kind));
		break;
	case AUTH_HASH_KIND:
		say_kind(question, out, kind);
		break;
	case AUTH_HASH_MISMATCH:
		if (entry->hash.damage & AUTHTEXT_LENGTH)
			authlist_damage_add(out, "the hash of the entry has %zu digits",
			                    strlen(entry->hash.text));
		else if (question->hash[of_length(entry)][0] == '\0')
			authlist_damage_add(out, "%s gives no hash of %zu digits that could be compared",
			                    owner, strlen(entry->hash.text));
		break;
	case AUTH_HASH_OTHER_MAC:
		authlist_damage_add(out, "the hash stands under %s, %s says %s",
		                    with_colons(entry->mac.text, other), owner,
		                    with_colons(question->mac, own));
		break;
	case AUTH_MAC_NOT_LISTED:
	case AUTH_NO_LIST:
	case AUTH_NO_CERTIFICATE:
	case AUTH_NOT_VISIBLE:
		break;
	}
}

/* The entry that allows somebody, when the lists that are asked have no other; NULL else. */
static const struct authlist_entry *only_entry(const struct authlist *list, const struct question *question)
{
	bool all = question->list == AUTHLIST_ALL;
	size_t n = all ? list->n_allowing : list->lists[question->list].entries;
	for (size_t i = 0; i < list->n_entries && n == 1; i++) {
		const struct authlist_entry *entry = &list->entries[i];
		if (entry->side != AUTHLIST_ENGINE &&
		    (all || list->files[entry->file].list == question->list))
			return entry;
	}
	return NULL;
}

/* A list that was read, and has nobody in it. */
static void say_empty(const struct authlist *list, const struct question *question, struct auth_decision *out)
{
	uint32_t one = question->list != AUTHLIST_ALL ? question->list : 0;
	if ((question->list == AUTHLIST_ALL && list->n_lists > 1) || list->lists[one].entries > 0)
		return;
	authlist_damage_add(out, "the controller's text %.60s allows no engine",
	                    authlist_file_name(&list->files[list->lists[one].file]));
}

/* What one of several lists says, behind its name. */
static const char *has_it(enum auth_prediction prediction)
{
	switch (prediction) {
	case AUTH_MATCH:
		return "has it";
	case AUTH_DAMAGED_ENTRY:
		return "has it damaged";
	case AUTH_HASH_KIND:
		return "has a hash of another kind";
	case AUTH_HASH_MISMATCH:
		return "has another hash for its MAC";
	case AUTH_HASH_OTHER_MAC:
		return "has its hash under another MAC";
	default:
		return "does not have it";
	}
}

/* "the lists differ; wlc-1.txt has it; wlc-2.txt does not have it": nothing tells which list is whose. */
static void say_each(const struct authlist *list, const struct question *question, struct auth_decision *out)
{
	struct question one = *question;
	authlist_damage_add(out, "the lists differ");
	for (one.list = 0; one.list < list->n_lists && one.list < NAMED_LISTS; one.list++) {
		const struct authlist_one *of = &list->lists[one.list];
		authlist_damage_add(out, "%.40s%s %s", authlist_file_name(&list->files[of->file]),
		                    of->files > 1 ? " and the other plain texts" : "",
		                    has_it(best_answer(list, &one).prediction));
	}
	if (list->n_lists > NAMED_LISTS)
		authlist_damage_add(out, "%zu more lists", list->n_lists - NAMED_LISTS);
}

static bool is_disputed(const struct authlist *list, const struct question *question,
                        enum auth_prediction prediction)
{
	struct question one = *question;
	for (one.list = 0; one.list < list->n_lists; one.list++)
		if (best_answer(list, &one).prediction != prediction)
			return true;
	return false;
}

static void answer(const struct authlist *list, const struct question *question, struct auth_decision *out)
{
	struct answer best = best_answer(list, question);
	out->prediction = best.prediction;
	if (best.entry != AUTHLIST_NONE)
		out->entry = &list->entries[best.entry];
	if (question->mac[0] == 0)
		authlist_damage_add(out, "the MAC address could not be read from %s%s",
		                    question->of_text ? "the engine's text" : "the certificate",
		                    out->entry != NULL ? ": this rests on the hash alone" : "");
	if (question->mac[0] == 0 && out->entry == NULL && only_entry(list, question) != NULL) {
		out->prediction = AUTH_HASH_MISMATCH;
		out->entry = only_entry(list, question);
	}
	if (out->prediction == AUTH_MATCH || out->prediction == AUTH_HASH_KIND ||
	    out->prediction == AUTH_HASH_OTHER_MAC)
		out->matched = best.kind;
	say_why(question, out, best.kind);
	say_empty(list, question, out);
	out->disputed = question->list == AUTHLIST_ALL && is_disputed(list, question, best.prediction);
	if (out->disputed)
		say_each(list, question, out);
}

static void decide(const struct authlist *list, const struct question *question, struct auth_decision *out)
{
	*out = (struct auth_decision){.prediction = AUTH_NO_LIST};
	if (list->n_lists == 0)
		return;
	struct span bytes = span_of(question, sizeof *question);
	const struct auth_decision *known = authlist_index_recall(list->index, bytes);
	if (known != NULL) {
		*out = *known;
		return;
	}
	answer(list, question, out);
	authlist_index_keep(list->index, bytes, out);
}

void authlist_decide(const struct authlist *list, const struct cert *cert, size_t wants,
                     struct auth_decision *out)
{
	struct question question;
	memset(&question, 0, sizeof question); /* padding is compared too */
	question.wants = wants;
	question.list = AUTHLIST_ALL;
	if (cert->has_mac)
		authtext_hex(span_of(cert->mac, sizeof cert->mac), question.mac);
	for (enum cert_hash kind = 0; kind < CERT_HASHES; kind++)
		if (cert->has_hash[kind])
			authtext_hex(span_of(cert->hash[kind], cert_hash_bytes(kind)), question.hash[kind]);
	decide(list, &question, out);
}

/* ---- an engine by its own text ---- */

/* The digest that all controllers of the engine's text are sent, 0 when they differ or none is named. */
static size_t wanted_of_text(const struct authlist *list, uint32_t file)
{
	size_t wants = 0;
	bool first = true;
	for (size_t i = 0; i < list->n_controllers; i++) {
		if (list->controllers[i].file != file)
			continue;
		if (!first && list->controllers[i].wants != wants)
			return 0;
		wants = list->controllers[i].wants;
		first = false;
	}
	return wants;
}

static bool say_unreadable(const struct authlist *list, const struct authlist_engine *engine, size_t which,
                           const char *hash, struct auth_decision *out)
{
	if (engine->entry[which] == AUTHLIST_NONE || hash[0] != '\0')
		return false;
	const struct authlist_entry *entry = &list->entries[engine->entry[which]];
	out->detail[0] = '\0';
	authlist_damage_add(out,
	                    "the engine's own hash is damaged in line %" PRIu32 " of its text (%zu digits)",
	                    entry->line, strlen(entry->hash.text));
	return true;
}

void authlist_compare(const struct authlist *list, const struct authlist_engine *engine, uint32_t one,
                      struct auth_decision *out)
{
	struct authlist_key key = authlist_key_of_engine(list, engine);
	struct question question;
	memset(&question, 0, sizeof question);
	question.of_text = true;
	question.list = one;
	question.wants = wanted_of_text(list, engine->file);
	memcpy(question.mac, key.mac, sizeof key.mac);
	memcpy(question.hash[CERT_SPKI_SHA1], key.sha1, sizeof key.sha1);
	memcpy(question.hash[CERT_SPKI_SHA256], key.sha256, sizeof key.sha256);
	decide(list, &question, out);
	if (out->prediction != AUTH_MATCH && out->prediction != AUTH_NO_LIST &&
	    (say_unreadable(list, engine, 0, key.sha1, out) ||
	     say_unreadable(list, engine, 1, key.sha256, out)))
		out->prediction = AUTH_DAMAGED_ENTRY;
}
