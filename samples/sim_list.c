/* The controller's AuthList; see sim_list.h. Called by sim_tls.c and simulate.c. Judges no date and no name.
 */
#include "samples/sim_list.h"

#include "analyzer/xmalloc.h"
#include "samples/lists.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

enum { MAC_DIGITS = 12, SHA1_DIGITS = 40, SHA256_DIGITS = 64, LINE = 512, NAME = 128 };

struct entry {
	char mac[MAC_DIGITS + 1]; /* lower-case digits */
	char hash[SHA256_DIGITS + 1];
};

struct sim_list {
	struct entry *entries;
	size_t n;
};

/* The hex digits of `text` in lower case, separators left out; false when that is not `room` of them. */
static bool mac_digits(const char *text, char out[MAC_DIGITS + 1])
{
	size_t n = 0;
	for (; *text != '\0'; text++) {
		if (strchr(":-.", *text) != NULL)
			continue;
		if (n == MAC_DIGITS || !isxdigit((unsigned char)*text))
			return false;
		out[n++] = (char)tolower((unsigned char)*text);
	}
	out[n] = '\0';
	return n == MAC_DIGITS;
}

static bool hash_digits(const char *text, char out[SHA256_DIGITS + 1])
{
	size_t n = strlen(text);
	if (n != SHA1_DIGITS && n != SHA256_DIGITS)
		return false;
	for (size_t i = 0; i <= n; i++) {
		out[i] = (char)tolower((unsigned char)text[i]);
		if (i < n && !isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

static bool add_line(struct sim_list *list, const char *line)
{
	char mac[LINE], hash[LINE], more[2];
	struct entry entry;
	int words = sscanf(line, "%511s %511s %1s", mac, hash, more);
	if (words <= 0 || mac[0] == '#')
		return true;
	if (words != 2 || !mac_digits(mac, entry.mac) || !hash_digits(hash, entry.hash))
		return false;
	list->entries = xrealloc(list->entries, (list->n + 1) * sizeof list->entries[0]);
	list->entries[list->n++] = entry;
	return true;
}

int sim_list_open(struct sim_list **list, const char *path, struct err *err)
{
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return err_set(err, "cannot read the AuthList %s: %s", path, strerror(errno));
	*list = xcalloc(1, sizeof **list);
	char line[LINE];
	int result = 0;
	for (int number = 1; result == 0 && fgets(line, sizeof line, file) != NULL; number++)
		if (!add_line(*list, line))
			result = err_set(err, "%s line %d: want a MAC address and a hash of 40 or 64 digits",
			                 path, number);
	fclose(file);
	return result;
}

void sim_list_free(struct sim_list *list)
{
	if (list == NULL)
		return;
	free(list->entries);
	free(list);
}

/* facts.md section 6: the last part of the CN, behind a dash. */
static bool certificate_mac(const X509 *certificate, char mac[MAC_DIGITS + 1])
{
	char name[NAME];
	const X509_NAME *subject = X509_get_subject_name(certificate);
	if (X509_NAME_get_text_by_NID(subject, NID_commonName, name, sizeof name) < 0)
		return false;
	const char *dash = strrchr(name, '-');
	return mac_digits(dash == NULL ? name : dash + 1, mac);
}

bool sim_list_allows(const struct sim_list *list, const X509 *certificate)
{
	char mac[MAC_DIGITS + 1], sha1[LISTS_HEX], sha256[LISTS_HEX];
	if (!certificate_mac(certificate, mac))
		return false;
	lists_key_hash(certificate, EVP_sha1(), sha1);
	lists_key_hash(certificate, EVP_sha256(), sha256);
	for (size_t i = 0; i < list->n; i++) {
		const struct entry *entry = &list->entries[i];
		bool hash = strcmp(entry->hash, sha1) == 0 || strcmp(entry->hash, sha256) == 0;
		if (hash && strcmp(entry->mac, mac) == 0)
			return true;
	}
	return false;
}

bool sim_list_print(const X509 *certificate, FILE *out)
{
	char mac[MAC_DIGITS + 1], sha256[LISTS_HEX];
	if (!certificate_mac(certificate, mac))
		return false;
	lists_key_hash(certificate, EVP_sha256(), sha256);
	fprintf(out, "%.2s:%.2s:%.2s:%.2s:%.2s:%.2s %s\n", mac, mac + 2, mac + 4, mac + 6, mac + 8, mac + 10,
	        sha256);
	return true;
}
