/*
 * The key of an engine as digits, and the lines that put it into a controller's AuthList. facts.md section
 * 6. Called by session_auth and the comparison. Never decides anything.
 */
#include "analyzer/authlist.h"

#include <stdarg.h>
#include <stdio.h>

struct authlist_key authlist_key_of_cert(const struct cert *cert)
{
	struct authlist_key key = {.mac = ""};
	if (cert->has_mac)
		authtext_hex(span_of(cert->mac, sizeof cert->mac), key.mac);
	if (cert->has_hash[CERT_SPKI_SHA1])
		authtext_hex(span_of(cert->hash[CERT_SPKI_SHA1], cert_hash_bytes(CERT_SPKI_SHA1)), key.sha1);
	if (cert->has_hash[CERT_SPKI_SHA256])
		authtext_hex(span_of(cert->hash[CERT_SPKI_SHA256], cert_hash_bytes(CERT_SPKI_SHA256)),
		             key.sha256);
	return key;
}

/* A token without its look-alikes and spaces, which no reader could take for something else; "" when it
 * cannot be read. */
static void repaired(const struct authtext_token *token, size_t digits, char *out)
{
	out[0] = '\0';
	if (strlen(token->text) != digits || (token->damage & (AUTHTEXT_LENGTH | AUTHTEXT_DIGIT)) != 0)
		return;
	for (size_t i = 0; i <= digits; i++)
		out[i] = authtext_meant(token->text[i]);
}

struct authlist_key authlist_key_of_engine(const struct authlist *list, const struct authlist_engine *engine)
{
	struct authlist_key key = {.mac = ""};
	char *const hashes[] = {key.sha1, key.sha256};
	const size_t digits[] = {sizeof key.sha1 - 1, sizeof key.sha256 - 1};
	for (size_t i = 0; i < 2; i++) {
		if (engine->entry[i] == AUTHLIST_NONE)
			continue;
		const struct authlist_entry *entry = &list->entries[engine->entry[i]];
		repaired(&entry->mac, sizeof key.mac - 1, key.mac);
		repaired(&entry->hash, digits[i], hashes[i]);
	}
	return key;
}

__attribute__((format(printf, 2, 3))) static void add_line(struct auth_fix *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(out->line[out->lines++], sizeof out->line[0], format, args);
	va_end(args);
}

/* Where the line stands already: the first IOS-XE text, when all that were given have it; else NULL. */
static const struct authlist_file *authorized_in(const struct authlist *list)
{
	const struct authlist_file *first = NULL;
	for (size_t i = 0; i < list->n_files; i++) {
		const struct authlist_file *file = &list->files[i];
		if (authlist_is_ios(file) && file->kinds[AUTHTEXT_AUTHORIZATION] == 0)
			return NULL;
		if (first == NULL && authlist_is_ios(file))
			first = file;
	}
	return first;
}

static void add_ios(const struct authlist *list, const struct authlist_key *key, struct auth_fix *out)
{
	static const char authorization[] = "aaa authorization credential-download wcm_loc_serv_cert local";
	const struct authlist_file *file = authorized_in(list);
	add_line(out, "! IOS-XE, configuration mode");
	add_line(out, "username %s mac aaa attribute list nmsp-%s", key->mac, key->mac);
	add_line(out, "aaa attribute list nmsp-%s", key->mac);
	add_line(out, " attribute type password %s", key->sha256);
	if (file != NULL)
		add_line(out, "! %s is in %.40s already", authorization, authlist_file_name(file));
	else
		add_line(out, "%s", authorization);
}

void authlist_fix(const struct authlist *list, const struct authlist_key *key, struct auth_fix *out)
{
	char colons[3 * 6];
	*out = (struct auth_fix){.lines = 0};
	if (key->mac[0] == '\0')
		return;
	for (size_t i = 0; i < 6; i++)
		snprintf(&colons[3 * i], sizeof colons - 3 * i, "%.2s:", &key->mac[2 * i]);
	colons[sizeof colons - 1] = '\0';
	if (key->sha256[0] != '\0')
		add_ios(list, key, out);
	if (key->sha1[0] != '\0' || key->sha256[0] != '\0')
		add_line(out, "! AireOS");
	if (key->sha1[0] != '\0')
		add_line(out, "config auth-list add lbs-ssc %s %s", colons, key->sha1);
	if (key->sha256[0] != '\0')
		add_line(out, "config auth-list add sha256-lbs-ssc %s %s", colons, key->sha256);
}
