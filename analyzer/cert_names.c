/* How certificates, their hashes and their owners are called; see cert.h. */
#include "analyzer/cert.h"

#include "dissect/authtext.h"

static const struct {
	const char *name, *label;
	size_t bytes;
} hash_kinds[CERT_HASHES] = {
    [CERT_SPKI_SHA1] = {"spki_sha1", "SHA-1 of the SubjectPublicKeyInfo", 20},
    [CERT_SPKI_SHA256] = {"spki_sha256", "SHA-256 of the SubjectPublicKeyInfo", 32},
    [CERT_PKCS1_SHA1] = {"pkcs1_sha1", "SHA-1 of the PKCS#1 public key", 20},
    [CERT_PKCS1_SHA256] = {"pkcs1_sha256", "SHA-256 of the PKCS#1 public key", 32},
    [CERT_DER_SHA1] = {"cert_sha1", "SHA-1 of the whole certificate", 20},
    [CERT_DER_SHA256] = {"cert_sha256", "SHA-256 of the whole certificate", 32},
};

size_t cert_hash_bytes(enum cert_hash hash)
{
	return hash_kinds[hash].bytes;
}

const char *cert_hash_name(enum cert_hash hash)
{
	return hash_kinds[hash].name;
}

const char *cert_hash_label(enum cert_hash hash)
{
	return hash_kinds[hash].label;
}

const char *cert_type_name(enum cert_type type)
{
	static const char *const names[] = {[CERT_SSC] = "ssc", [CERT_MIC] = "mic", [CERT_LSC] = "lsc"};
	return names[type];
}

/* Twelve digits at the start of `text` in groups of `width` joined by `joint`, and no digit behind them. */
static bool mac_at(const char *text, size_t width, char joint, uint8_t mac[6])
{
	uint8_t bytes[6] = {0};
	size_t at = 0;
	for (size_t i = 0; i < 2 * sizeof bytes; i++) {
		if (i > 0 && i % width == 0 && text[at++] != joint)
			return false;
		int digit = authtext_digit(text[at++]);
		if (digit < 0)
			return false;
		bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | digit);
	}
	if (authtext_digit(text[at]) >= 0)
		return false;
	memcpy(mac, bytes, sizeof bytes);
	return true;
}

bool cert_mac(const char *text, uint8_t mac[6])
{
	for (size_t i = 0; text[i] != 0; i++) {
		if (authtext_digit(text[i]) < 0 || (i > 0 && authtext_digit(text[i - 1]) >= 0))
			continue;
		const char *rest = &text[i];
		if (mac_at(rest, 12, 0, mac) || mac_at(rest, 2, ':', mac) || mac_at(rest, 2, '-', mac) ||
		    mac_at(rest, 4, '.', mac))
			return true;
	}
	return false;
}
