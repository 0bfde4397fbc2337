/*
 * The cipher suites that can be opened, one row each: all of IANA's "TLS Cipher Suites" registry with AES in
 * CBC, GCM or CCM, or ChaCha20-Poly1305. RFC 5246, 5288, 5289, 5487, 6655, 7251, 7905, 8446 and their like.
 *
 * Called through tls_crypto.h; tls_crypto.c reads the rows. The key exchange does not matter here: the key
 * log holds what came of it. Knows no OpenSSL but the names of its algorithms.
 */
#include "analyzer/tls_suite.h"

#define GCM_TAG     16 /* RFC 5288 section 3 */
#define CCM_TAG     16 /* RFC 6655 section 3 */
#define CCM_8_TAG   8  /* RFC 6655 section 4 */
#define CHACHA_TAG  16 /* RFC 8439 section 2.8 */
#define PADDING_MIN 1  /* the length byte of CBC's padding, RFC 5246 section 6.2.3.2 */
#define TYPE_BYTES  1  /* the inner content type, RFC 8446 section 5.2 */

static const struct tls_hash sha1 = {"SHA1", 20}, sha256 = {"SHA256", 32}, sha384 = {"SHA384", 48};

static const struct tls_cipher aes_128_cbc = {"AES-128-CBC", TLS_MODE_CBC, 16, 0},
                               aes_256_cbc = {"AES-256-CBC", TLS_MODE_CBC, 32, 0},
                               aes_128_gcm = {"AES-128-GCM", TLS_MODE_GCM, 16, GCM_TAG},
                               aes_256_gcm = {"AES-256-GCM", TLS_MODE_GCM, 32, GCM_TAG},
                               aes_128_ccm = {"AES-128-CCM", TLS_MODE_CCM, 16, CCM_TAG},
                               aes_256_ccm = {"AES-256-CCM", TLS_MODE_CCM, 32, CCM_TAG},
                               aes_128_ccm_8 = {"AES-128-CCM", TLS_MODE_CCM, 16, CCM_8_TAG},
                               aes_256_ccm_8 = {"AES-256-CCM", TLS_MODE_CCM, 32, CCM_8_TAG},
                               chacha20_poly1305 = {"ChaCha20-Poly1305", TLS_MODE_CHACHA, 32, CHACHA_TAG};

/* Sorted by id: cipher, MAC (NULL where the cipher has its own tag), hash of the key schedule, TLS 1.3. */
static const struct tls_suite suites[] = {
	{0x002f, &aes_128_cbc, &sha1, &sha256, false},
	{0x0030, &aes_128_cbc, &sha1, &sha256, false},
	{0x0031, &aes_128_cbc, &sha1, &sha256, false},
	{0x0032, &aes_128_cbc, &sha1, &sha256, false},
	{0x0033, &aes_128_cbc, &sha1, &sha256, false},
	{0x0034, &aes_128_cbc, &sha1, &sha256, false},
	{0x0035, &aes_256_cbc, &sha1, &sha256, false},
	{0x0036, &aes_256_cbc, &sha1, &sha256, false},
	{0x0037, &aes_256_cbc, &sha1, &sha256, false},
	{0x0038, &aes_256_cbc, &sha1, &sha256, false},
	{0x0039, &aes_256_cbc, &sha1, &sha256, false},
	{0x003a, &aes_256_cbc, &sha1, &sha256, false},
	{0x003c, &aes_128_cbc, &sha256, &sha256, false},
	{0x003d, &aes_256_cbc, &sha256, &sha256, false},
	{0x003e, &aes_128_cbc, &sha256, &sha256, false},
	{0x003f, &aes_128_cbc, &sha256, &sha256, false},
	{0x0040, &aes_128_cbc, &sha256, &sha256, false},
	{0x0067, &aes_128_cbc, &sha256, &sha256, false},
	{0x0068, &aes_256_cbc, &sha256, &sha256, false},
	{0x0069, &aes_256_cbc, &sha256, &sha256, false},
	{0x006a, &aes_256_cbc, &sha256, &sha256, false},
	{0x006b, &aes_256_cbc, &sha256, &sha256, false},
	{0x006c, &aes_128_cbc, &sha256, &sha256, false},
	{0x006d, &aes_256_cbc, &sha256, &sha256, false},
	{0x008c, &aes_128_cbc, &sha1, &sha256, false},
	{0x008d, &aes_256_cbc, &sha1, &sha256, false},
	{0x0090, &aes_128_cbc, &sha1, &sha256, false},
	{0x0091, &aes_256_cbc, &sha1, &sha256, false},
	{0x0094, &aes_128_cbc, &sha1, &sha256, false},
	{0x0095, &aes_256_cbc, &sha1, &sha256, false},
	{0x009c, &aes_128_gcm, NULL, &sha256, false},
	{0x009d, &aes_256_gcm, NULL, &sha384, false},
	{0x009e, &aes_128_gcm, NULL, &sha256, false},
	{0x009f, &aes_256_gcm, NULL, &sha384, false},
	{0x00a0, &aes_128_gcm, NULL, &sha256, false},
	{0x00a1, &aes_256_gcm, NULL, &sha384, false},
	{0x00a2, &aes_128_gcm, NULL, &sha256, false},
	{0x00a3, &aes_256_gcm, NULL, &sha384, false},
	{0x00a4, &aes_128_gcm, NULL, &sha256, false},
	{0x00a5, &aes_256_gcm, NULL, &sha384, false},
	{0x00a6, &aes_128_gcm, NULL, &sha256, false},
	{0x00a7, &aes_256_gcm, NULL, &sha384, false},
	{0x00a8, &aes_128_gcm, NULL, &sha256, false},
	{0x00a9, &aes_256_gcm, NULL, &sha384, false},
	{0x00aa, &aes_128_gcm, NULL, &sha256, false},
	{0x00ab, &aes_256_gcm, NULL, &sha384, false},
	{0x00ac, &aes_128_gcm, NULL, &sha256, false},
	{0x00ad, &aes_256_gcm, NULL, &sha384, false},
	{0x00ae, &aes_128_cbc, &sha256, &sha256, false},
	{0x00af, &aes_256_cbc, &sha384, &sha384, false},
	{0x00b2, &aes_128_cbc, &sha256, &sha256, false},
	{0x00b3, &aes_256_cbc, &sha384, &sha384, false},
	{0x00b6, &aes_128_cbc, &sha256, &sha256, false},
	{0x00b7, &aes_256_cbc, &sha384, &sha384, false},
	{0x1301, &aes_128_gcm, NULL, &sha256, true},
	{0x1302, &aes_256_gcm, NULL, &sha384, true},
	{0x1303, &chacha20_poly1305, NULL, &sha256, true},
	{0x1304, &aes_128_ccm, NULL, &sha256, true},
	{0x1305, &aes_128_ccm_8, NULL, &sha256, true},
	{0xc004, &aes_128_cbc, &sha1, &sha256, false},
	{0xc005, &aes_256_cbc, &sha1, &sha256, false},
	{0xc009, &aes_128_cbc, &sha1, &sha256, false},
	{0xc00a, &aes_256_cbc, &sha1, &sha256, false},
	{0xc00e, &aes_128_cbc, &sha1, &sha256, false},
	{0xc00f, &aes_256_cbc, &sha1, &sha256, false},
	{0xc013, &aes_128_cbc, &sha1, &sha256, false},
	{0xc014, &aes_256_cbc, &sha1, &sha256, false},
	{0xc018, &aes_128_cbc, &sha1, &sha256, false},
	{0xc019, &aes_256_cbc, &sha1, &sha256, false},
	{0xc01d, &aes_128_cbc, &sha1, &sha256, false},
	{0xc01e, &aes_128_cbc, &sha1, &sha256, false},
	{0xc01f, &aes_128_cbc, &sha1, &sha256, false},
	{0xc020, &aes_256_cbc, &sha1, &sha256, false},
	{0xc021, &aes_256_cbc, &sha1, &sha256, false},
	{0xc022, &aes_256_cbc, &sha1, &sha256, false},
	{0xc023, &aes_128_cbc, &sha256, &sha256, false},
	{0xc024, &aes_256_cbc, &sha384, &sha384, false},
	{0xc025, &aes_128_cbc, &sha256, &sha256, false},
	{0xc026, &aes_256_cbc, &sha384, &sha384, false},
	{0xc027, &aes_128_cbc, &sha256, &sha256, false},
	{0xc028, &aes_256_cbc, &sha384, &sha384, false},
	{0xc029, &aes_128_cbc, &sha256, &sha256, false},
	{0xc02a, &aes_256_cbc, &sha384, &sha384, false},
	{0xc02b, &aes_128_gcm, NULL, &sha256, false},
	{0xc02c, &aes_256_gcm, NULL, &sha384, false},
	{0xc02d, &aes_128_gcm, NULL, &sha256, false},
	{0xc02e, &aes_256_gcm, NULL, &sha384, false},
	{0xc02f, &aes_128_gcm, NULL, &sha256, false},
	{0xc030, &aes_256_gcm, NULL, &sha384, false},
	{0xc031, &aes_128_gcm, NULL, &sha256, false},
	{0xc032, &aes_256_gcm, NULL, &sha384, false},
	{0xc035, &aes_128_cbc, &sha1, &sha256, false},
	{0xc036, &aes_256_cbc, &sha1, &sha256, false},
	{0xc037, &aes_128_cbc, &sha256, &sha256, false},
	{0xc038, &aes_256_cbc, &sha384, &sha384, false},
	{0xc09c, &aes_128_ccm, NULL, &sha256, false},
	{0xc09d, &aes_256_ccm, NULL, &sha256, false},
	{0xc09e, &aes_128_ccm, NULL, &sha256, false},
	{0xc09f, &aes_256_ccm, NULL, &sha256, false},
	{0xc0a0, &aes_128_ccm_8, NULL, &sha256, false},
	{0xc0a1, &aes_256_ccm_8, NULL, &sha256, false},
	{0xc0a2, &aes_128_ccm_8, NULL, &sha256, false},
	{0xc0a3, &aes_256_ccm_8, NULL, &sha256, false},
	{0xc0a4, &aes_128_ccm, NULL, &sha256, false},
	{0xc0a5, &aes_256_ccm, NULL, &sha256, false},
	{0xc0a6, &aes_128_ccm, NULL, &sha256, false},
	{0xc0a7, &aes_256_ccm, NULL, &sha256, false},
	{0xc0a8, &aes_128_ccm_8, NULL, &sha256, false},
	{0xc0a9, &aes_256_ccm_8, NULL, &sha256, false},
	{0xc0aa, &aes_128_ccm_8, NULL, &sha256, false},
	{0xc0ab, &aes_256_ccm_8, NULL, &sha256, false},
	{0xc0ac, &aes_128_ccm, NULL, &sha256, false},
	{0xc0ad, &aes_256_ccm, NULL, &sha256, false},
	{0xc0ae, &aes_128_ccm_8, NULL, &sha256, false},
	{0xc0af, &aes_256_ccm_8, NULL, &sha256, false},
	{0xc0b0, &aes_128_gcm, NULL, &sha256, false},
	{0xc0b1, &aes_256_gcm, NULL, &sha384, false},
	{0xc0b2, &aes_128_ccm, NULL, &sha256, false},
	{0xc0b3, &aes_256_ccm, NULL, &sha384, false},
	{0xcca8, &chacha20_poly1305, NULL, &sha256, false},
	{0xcca9, &chacha20_poly1305, NULL, &sha256, false},
	{0xccaa, &chacha20_poly1305, NULL, &sha256, false},
	{0xccab, &chacha20_poly1305, NULL, &sha256, false},
	{0xccac, &chacha20_poly1305, NULL, &sha256, false},
	{0xccad, &chacha20_poly1305, NULL, &sha256, false},
	{0xccae, &chacha20_poly1305, NULL, &sha256, false},
	{0xd001, &aes_128_gcm, NULL, &sha256, false},
	{0xd002, &aes_256_gcm, NULL, &sha384, false},
	{0xd003, &aes_128_ccm_8, NULL, &sha256, false},
	{0xd005, &aes_128_ccm, NULL, &sha256, false},
};

const struct tls_suite *tls_suite_find(uint16_t cipher)
{
	size_t low = 0, high = sizeof suites / sizeof suites[0];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (suites[middle].id == cipher)
			return &suites[middle];
		if (suites[middle].id < cipher)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool tls_suite_is_13(const struct tls_suite *suite)
{
	return suite->tls13;
}

bool tls_suite_fits(const struct tls_suite *suite, uint16_t version)
{
	if (suite->tls13)
		return version == TLS_1_3;
	return version >= (suite->mac != NULL ? TLS_1_0 : TLS_1_2) && version <= TLS_1_2;
}

size_t tls_suite_hash_bytes(const struct tls_suite *suite)
{
	return suite->hash->bytes;
}

size_t tls_suite_explicit_bytes(const struct tls_suite *suite, uint16_t version)
{
	if (suite->tls13 || suite->cipher->mode == TLS_MODE_CHACHA)
		return 0;
	if (suite->cipher->mode == TLS_MODE_CBC)
		return version == TLS_1_0 ? 0 : TLS_BLOCK;
	return TLS_EXPLICIT_NONCE;
}

size_t tls_suite_overhead_min(const struct tls_suite *suite, uint16_t version)
{
	size_t n = tls_suite_explicit_bytes(suite, version);
	if (suite->cipher->mode == TLS_MODE_CBC)
		return n + suite->mac->bytes + PADDING_MIN;
	return n + suite->cipher->tag_bytes + (suite->tls13 ? TYPE_BYTES : 0);
}
