/*
 * The cipher suites that can be opened, one row each: all of IANA's "TLS Cipher Suites" registry with a cipher
 * that OpenSSL 3 with its legacy provider computes, or with none. Not the export suites, whose keys are made
 * in another way (RFC 2246 section 6.3.1). RFC 5246, 5288, 5289, 5469, 5487, 5932, 6209, 6367, 6655, 7251,
 * 7905, 8446, 8998 and their like.
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

static const struct tls_hash md5 = {"MD5", 16}, sha1 = {"SHA1", 20}, sha256 = {"SHA256", 32},
                             sha384 = {"SHA384", 48}, sm3 = {"SM3", 32};

/* Name, mode, and the bytes of key, tag and block. */
static const struct tls_cipher null = {NULL, TLS_MODE_NULL, 0, 0, 0},
                               rc4_128 = {"RC4", TLS_MODE_STREAM, 16, 0, 0},
                               des_cbc = {"DES-CBC", TLS_MODE_CBC, 8, 0, 8},
                               des_ede3_cbc = {"DES-EDE3-CBC", TLS_MODE_CBC, 24, 0, 8},
                               idea_cbc = {"IDEA-CBC", TLS_MODE_CBC, 16, 0, 8},
                               seed_cbc = {"SEED-CBC", TLS_MODE_CBC, 16, 0, 16},
                               aes_128_cbc = {"AES-128-CBC", TLS_MODE_CBC, 16, 0, 16},
                               aes_256_cbc = {"AES-256-CBC", TLS_MODE_CBC, 32, 0, 16},
                               camellia_128_cbc = {"CAMELLIA-128-CBC", TLS_MODE_CBC, 16, 0, 16},
                               camellia_256_cbc = {"CAMELLIA-256-CBC", TLS_MODE_CBC, 32, 0, 16},
                               aria_128_cbc = {"ARIA-128-CBC", TLS_MODE_CBC, 16, 0, 16},
                               aria_256_cbc = {"ARIA-256-CBC", TLS_MODE_CBC, 32, 0, 16},
                               aes_128_gcm = {"AES-128-GCM", TLS_MODE_GCM, 16, GCM_TAG, 0},
                               aes_256_gcm = {"AES-256-GCM", TLS_MODE_GCM, 32, GCM_TAG, 0},
                               aria_128_gcm = {"ARIA-128-GCM", TLS_MODE_GCM, 16, GCM_TAG, 0},
                               aria_256_gcm = {"ARIA-256-GCM", TLS_MODE_GCM, 32, GCM_TAG, 0},
                               camellia_128_gcm = {"CAMELLIA-128-ECB", TLS_MODE_GCM_OF_BLOCKS, 16, GCM_TAG, 0},
                               camellia_256_gcm = {"CAMELLIA-256-ECB", TLS_MODE_GCM_OF_BLOCKS, 32, GCM_TAG, 0},
                               sm4_gcm = {"SM4-ECB", TLS_MODE_GCM_OF_BLOCKS, 16, GCM_TAG, 0},
                               aes_128_ccm = {"AES-128-CCM", TLS_MODE_CCM, 16, CCM_TAG, 0},
                               aes_256_ccm = {"AES-256-CCM", TLS_MODE_CCM, 32, CCM_TAG, 0},
                               aes_128_ccm_8 = {"AES-128-CCM", TLS_MODE_CCM, 16, CCM_8_TAG, 0},
                               aes_256_ccm_8 = {"AES-256-CCM", TLS_MODE_CCM, 32, CCM_8_TAG, 0},
                               chacha20_poly1305 = {"ChaCha20-Poly1305", TLS_MODE_CHACHA, 32, CHACHA_TAG, 0};

/* Sorted by id: cipher, MAC (NULL where the cipher has its own tag), hash of the key schedule, TLS 1.3. */
static const struct tls_suite suites[] = {
	{0x0001, &null, &md5, &sha256, false},
	{0x0002, &null, &sha1, &sha256, false},
	{0x0004, &rc4_128, &md5, &sha256, false},
	{0x0005, &rc4_128, &sha1, &sha256, false},
	{0x0007, &idea_cbc, &sha1, &sha256, false},
	{0x0009, &des_cbc, &sha1, &sha256, false},
	{0x000a, &des_ede3_cbc, &sha1, &sha256, false},
	{0x000c, &des_cbc, &sha1, &sha256, false},
	{0x000d, &des_ede3_cbc, &sha1, &sha256, false},
	{0x000f, &des_cbc, &sha1, &sha256, false},
	{0x0010, &des_ede3_cbc, &sha1, &sha256, false},
	{0x0012, &des_cbc, &sha1, &sha256, false},
	{0x0013, &des_ede3_cbc, &sha1, &sha256, false},
	{0x0015, &des_cbc, &sha1, &sha256, false},
	{0x0016, &des_ede3_cbc, &sha1, &sha256, false},
	{0x0018, &rc4_128, &md5, &sha256, false},
	{0x001a, &des_cbc, &sha1, &sha256, false},
	{0x001b, &des_ede3_cbc, &sha1, &sha256, false},
	{0x001e, &des_cbc, &sha1, &sha256, false},
	{0x001f, &des_ede3_cbc, &sha1, &sha256, false},
	{0x0020, &rc4_128, &sha1, &sha256, false},
	{0x0021, &idea_cbc, &sha1, &sha256, false},
	{0x0022, &des_cbc, &md5, &sha256, false},
	{0x0023, &des_ede3_cbc, &md5, &sha256, false},
	{0x0024, &rc4_128, &md5, &sha256, false},
	{0x0025, &idea_cbc, &md5, &sha256, false},
	{0x002c, &null, &sha1, &sha256, false},
	{0x002d, &null, &sha1, &sha256, false},
	{0x002e, &null, &sha1, &sha256, false},
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
	{0x003b, &null, &sha256, &sha256, false},
	{0x003c, &aes_128_cbc, &sha256, &sha256, false},
	{0x003d, &aes_256_cbc, &sha256, &sha256, false},
	{0x003e, &aes_128_cbc, &sha256, &sha256, false},
	{0x003f, &aes_128_cbc, &sha256, &sha256, false},
	{0x0040, &aes_128_cbc, &sha256, &sha256, false},
	{0x0041, &camellia_128_cbc, &sha1, &sha256, false},
	{0x0042, &camellia_128_cbc, &sha1, &sha256, false},
	{0x0043, &camellia_128_cbc, &sha1, &sha256, false},
	{0x0044, &camellia_128_cbc, &sha1, &sha256, false},
	{0x0045, &camellia_128_cbc, &sha1, &sha256, false},
	{0x0046, &camellia_128_cbc, &sha1, &sha256, false},
	{0x0062, &des_cbc, &sha1, &sha256, false},
	{0x0063, &des_cbc, &sha1, &sha256, false},
	{0x0066, &rc4_128, &sha1, &sha256, false},
	{0x0067, &aes_128_cbc, &sha256, &sha256, false},
	{0x0068, &aes_256_cbc, &sha256, &sha256, false},
	{0x0069, &aes_256_cbc, &sha256, &sha256, false},
	{0x006a, &aes_256_cbc, &sha256, &sha256, false},
	{0x006b, &aes_256_cbc, &sha256, &sha256, false},
	{0x006c, &aes_128_cbc, &sha256, &sha256, false},
	{0x006d, &aes_256_cbc, &sha256, &sha256, false},
	{0x0084, &camellia_256_cbc, &sha1, &sha256, false},
	{0x0085, &camellia_256_cbc, &sha1, &sha256, false},
	{0x0086, &camellia_256_cbc, &sha1, &sha256, false},
	{0x0087, &camellia_256_cbc, &sha1, &sha256, false},
	{0x0088, &camellia_256_cbc, &sha1, &sha256, false},
	{0x0089, &camellia_256_cbc, &sha1, &sha256, false},
	{0x008a, &rc4_128, &sha1, &sha256, false},
	{0x008b, &des_ede3_cbc, &sha1, &sha256, false},
	{0x008c, &aes_128_cbc, &sha1, &sha256, false},
	{0x008d, &aes_256_cbc, &sha1, &sha256, false},
	{0x008e, &rc4_128, &sha1, &sha256, false},
	{0x008f, &des_ede3_cbc, &sha1, &sha256, false},
	{0x0090, &aes_128_cbc, &sha1, &sha256, false},
	{0x0091, &aes_256_cbc, &sha1, &sha256, false},
	{0x0092, &rc4_128, &sha1, &sha256, false},
	{0x0093, &des_ede3_cbc, &sha1, &sha256, false},
	{0x0094, &aes_128_cbc, &sha1, &sha256, false},
	{0x0095, &aes_256_cbc, &sha1, &sha256, false},
	{0x0096, &seed_cbc, &sha1, &sha256, false},
	{0x0097, &seed_cbc, &sha1, &sha256, false},
	{0x0098, &seed_cbc, &sha1, &sha256, false},
	{0x0099, &seed_cbc, &sha1, &sha256, false},
	{0x009a, &seed_cbc, &sha1, &sha256, false},
	{0x009b, &seed_cbc, &sha1, &sha256, false},
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
	{0x00b0, &null, &sha256, &sha256, false},
	{0x00b1, &null, &sha384, &sha384, false},
	{0x00b2, &aes_128_cbc, &sha256, &sha256, false},
	{0x00b3, &aes_256_cbc, &sha384, &sha384, false},
	{0x00b4, &null, &sha256, &sha256, false},
	{0x00b5, &null, &sha384, &sha384, false},
	{0x00b6, &aes_128_cbc, &sha256, &sha256, false},
	{0x00b7, &aes_256_cbc, &sha384, &sha384, false},
	{0x00b8, &null, &sha256, &sha256, false},
	{0x00b9, &null, &sha384, &sha384, false},
	{0x00ba, &camellia_128_cbc, &sha256, &sha256, false},
	{0x00bb, &camellia_128_cbc, &sha256, &sha256, false},
	{0x00bc, &camellia_128_cbc, &sha256, &sha256, false},
	{0x00bd, &camellia_128_cbc, &sha256, &sha256, false},
	{0x00be, &camellia_128_cbc, &sha256, &sha256, false},
	{0x00bf, &camellia_128_cbc, &sha256, &sha256, false},
	{0x00c0, &camellia_256_cbc, &sha256, &sha256, false},
	{0x00c1, &camellia_256_cbc, &sha256, &sha256, false},
	{0x00c2, &camellia_256_cbc, &sha256, &sha256, false},
	{0x00c3, &camellia_256_cbc, &sha256, &sha256, false},
	{0x00c4, &camellia_256_cbc, &sha256, &sha256, false},
	{0x00c5, &camellia_256_cbc, &sha256, &sha256, false},
	{0x00c6, &sm4_gcm, NULL, &sm3, true},
	{0x1301, &aes_128_gcm, NULL, &sha256, true},
	{0x1302, &aes_256_gcm, NULL, &sha384, true},
	{0x1303, &chacha20_poly1305, NULL, &sha256, true},
	{0x1304, &aes_128_ccm, NULL, &sha256, true},
	{0x1305, &aes_128_ccm_8, NULL, &sha256, true},
	{0xc001, &null, &sha1, &sha256, false},
	{0xc002, &rc4_128, &sha1, &sha256, false},
	{0xc003, &des_ede3_cbc, &sha1, &sha256, false},
	{0xc004, &aes_128_cbc, &sha1, &sha256, false},
	{0xc005, &aes_256_cbc, &sha1, &sha256, false},
	{0xc006, &null, &sha1, &sha256, false},
	{0xc007, &rc4_128, &sha1, &sha256, false},
	{0xc008, &des_ede3_cbc, &sha1, &sha256, false},
	{0xc009, &aes_128_cbc, &sha1, &sha256, false},
	{0xc00a, &aes_256_cbc, &sha1, &sha256, false},
	{0xc00b, &null, &sha1, &sha256, false},
	{0xc00c, &rc4_128, &sha1, &sha256, false},
	{0xc00d, &des_ede3_cbc, &sha1, &sha256, false},
	{0xc00e, &aes_128_cbc, &sha1, &sha256, false},
	{0xc00f, &aes_256_cbc, &sha1, &sha256, false},
	{0xc010, &null, &sha1, &sha256, false},
	{0xc011, &rc4_128, &sha1, &sha256, false},
	{0xc012, &des_ede3_cbc, &sha1, &sha256, false},
	{0xc013, &aes_128_cbc, &sha1, &sha256, false},
	{0xc014, &aes_256_cbc, &sha1, &sha256, false},
	{0xc015, &null, &sha1, &sha256, false},
	{0xc016, &rc4_128, &sha1, &sha256, false},
	{0xc017, &des_ede3_cbc, &sha1, &sha256, false},
	{0xc018, &aes_128_cbc, &sha1, &sha256, false},
	{0xc019, &aes_256_cbc, &sha1, &sha256, false},
	{0xc01a, &des_ede3_cbc, &sha1, &sha256, false},
	{0xc01b, &des_ede3_cbc, &sha1, &sha256, false},
	{0xc01c, &des_ede3_cbc, &sha1, &sha256, false},
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
	{0xc033, &rc4_128, &sha1, &sha256, false},
	{0xc034, &des_ede3_cbc, &sha1, &sha256, false},
	{0xc035, &aes_128_cbc, &sha1, &sha256, false},
	{0xc036, &aes_256_cbc, &sha1, &sha256, false},
	{0xc037, &aes_128_cbc, &sha256, &sha256, false},
	{0xc038, &aes_256_cbc, &sha384, &sha384, false},
	{0xc039, &null, &sha1, &sha256, false},
	{0xc03a, &null, &sha256, &sha256, false},
	{0xc03b, &null, &sha384, &sha384, false},
	{0xc03c, &aria_128_cbc, &sha256, &sha256, false},
	{0xc03d, &aria_256_cbc, &sha384, &sha384, false},
	{0xc03e, &aria_128_cbc, &sha256, &sha256, false},
	{0xc03f, &aria_256_cbc, &sha384, &sha384, false},
	{0xc040, &aria_128_cbc, &sha256, &sha256, false},
	{0xc041, &aria_256_cbc, &sha384, &sha384, false},
	{0xc042, &aria_128_cbc, &sha256, &sha256, false},
	{0xc043, &aria_256_cbc, &sha384, &sha384, false},
	{0xc044, &aria_128_cbc, &sha256, &sha256, false},
	{0xc045, &aria_256_cbc, &sha384, &sha384, false},
	{0xc046, &aria_128_cbc, &sha256, &sha256, false},
	{0xc047, &aria_256_cbc, &sha384, &sha384, false},
	{0xc048, &aria_128_cbc, &sha256, &sha256, false},
	{0xc049, &aria_256_cbc, &sha384, &sha384, false},
	{0xc04a, &aria_128_cbc, &sha256, &sha256, false},
	{0xc04b, &aria_256_cbc, &sha384, &sha384, false},
	{0xc04c, &aria_128_cbc, &sha256, &sha256, false},
	{0xc04d, &aria_256_cbc, &sha384, &sha384, false},
	{0xc04e, &aria_128_cbc, &sha256, &sha256, false},
	{0xc04f, &aria_256_cbc, &sha384, &sha384, false},
	{0xc050, &aria_128_gcm, NULL, &sha256, false},
	{0xc051, &aria_256_gcm, NULL, &sha384, false},
	{0xc052, &aria_128_gcm, NULL, &sha256, false},
	{0xc053, &aria_256_gcm, NULL, &sha384, false},
	{0xc054, &aria_128_gcm, NULL, &sha256, false},
	{0xc055, &aria_256_gcm, NULL, &sha384, false},
	{0xc056, &aria_128_gcm, NULL, &sha256, false},
	{0xc057, &aria_256_gcm, NULL, &sha384, false},
	{0xc058, &aria_128_gcm, NULL, &sha256, false},
	{0xc059, &aria_256_gcm, NULL, &sha384, false},
	{0xc05a, &aria_128_gcm, NULL, &sha256, false},
	{0xc05b, &aria_256_gcm, NULL, &sha384, false},
	{0xc05c, &aria_128_gcm, NULL, &sha256, false},
	{0xc05d, &aria_256_gcm, NULL, &sha384, false},
	{0xc05e, &aria_128_gcm, NULL, &sha256, false},
	{0xc05f, &aria_256_gcm, NULL, &sha384, false},
	{0xc060, &aria_128_gcm, NULL, &sha256, false},
	{0xc061, &aria_256_gcm, NULL, &sha384, false},
	{0xc062, &aria_128_gcm, NULL, &sha256, false},
	{0xc063, &aria_256_gcm, NULL, &sha384, false},
	{0xc064, &aria_128_cbc, &sha256, &sha256, false},
	{0xc065, &aria_256_cbc, &sha384, &sha384, false},
	{0xc066, &aria_128_cbc, &sha256, &sha256, false},
	{0xc067, &aria_256_cbc, &sha384, &sha384, false},
	{0xc068, &aria_128_cbc, &sha256, &sha256, false},
	{0xc069, &aria_256_cbc, &sha384, &sha384, false},
	{0xc06a, &aria_128_gcm, NULL, &sha256, false},
	{0xc06b, &aria_256_gcm, NULL, &sha384, false},
	{0xc06c, &aria_128_gcm, NULL, &sha256, false},
	{0xc06d, &aria_256_gcm, NULL, &sha384, false},
	{0xc06e, &aria_128_gcm, NULL, &sha256, false},
	{0xc06f, &aria_256_gcm, NULL, &sha384, false},
	{0xc070, &aria_128_cbc, &sha256, &sha256, false},
	{0xc071, &aria_256_cbc, &sha384, &sha384, false},
	{0xc072, &camellia_128_cbc, &sha256, &sha256, false},
	{0xc073, &camellia_256_cbc, &sha384, &sha384, false},
	{0xc074, &camellia_128_cbc, &sha256, &sha256, false},
	{0xc075, &camellia_256_cbc, &sha384, &sha384, false},
	{0xc076, &camellia_128_cbc, &sha256, &sha256, false},
	{0xc077, &camellia_256_cbc, &sha384, &sha384, false},
	{0xc078, &camellia_128_cbc, &sha256, &sha256, false},
	{0xc079, &camellia_256_cbc, &sha384, &sha384, false},
	{0xc07a, &camellia_128_gcm, NULL, &sha256, false},
	{0xc07b, &camellia_256_gcm, NULL, &sha384, false},
	{0xc07c, &camellia_128_gcm, NULL, &sha256, false},
	{0xc07d, &camellia_256_gcm, NULL, &sha384, false},
	{0xc07e, &camellia_128_gcm, NULL, &sha256, false},
	{0xc07f, &camellia_256_gcm, NULL, &sha384, false},
	{0xc080, &camellia_128_gcm, NULL, &sha256, false},
	{0xc081, &camellia_256_gcm, NULL, &sha384, false},
	{0xc082, &camellia_128_gcm, NULL, &sha256, false},
	{0xc083, &camellia_256_gcm, NULL, &sha384, false},
	{0xc084, &camellia_128_gcm, NULL, &sha256, false},
	{0xc085, &camellia_256_gcm, NULL, &sha384, false},
	{0xc086, &camellia_128_gcm, NULL, &sha256, false},
	{0xc087, &camellia_256_gcm, NULL, &sha384, false},
	{0xc088, &camellia_128_gcm, NULL, &sha256, false},
	{0xc089, &camellia_256_gcm, NULL, &sha384, false},
	{0xc08a, &camellia_128_gcm, NULL, &sha256, false},
	{0xc08b, &camellia_256_gcm, NULL, &sha384, false},
	{0xc08c, &camellia_128_gcm, NULL, &sha256, false},
	{0xc08d, &camellia_256_gcm, NULL, &sha384, false},
	{0xc08e, &camellia_128_gcm, NULL, &sha256, false},
	{0xc08f, &camellia_256_gcm, NULL, &sha384, false},
	{0xc090, &camellia_128_gcm, NULL, &sha256, false},
	{0xc091, &camellia_256_gcm, NULL, &sha384, false},
	{0xc092, &camellia_128_gcm, NULL, &sha256, false},
	{0xc093, &camellia_256_gcm, NULL, &sha384, false},
	{0xc094, &camellia_128_cbc, &sha256, &sha256, false},
	{0xc095, &camellia_256_cbc, &sha384, &sha384, false},
	{0xc096, &camellia_128_cbc, &sha256, &sha256, false},
	{0xc097, &camellia_256_cbc, &sha384, &sha384, false},
	{0xc098, &camellia_128_cbc, &sha256, &sha256, false},
	{0xc099, &camellia_256_cbc, &sha384, &sha384, false},
	{0xc09a, &camellia_128_cbc, &sha256, &sha256, false},
	{0xc09b, &camellia_256_cbc, &sha384, &sha384, false},
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

const char *tls_suite_cipher_name(const struct tls_suite *suite)
{
	return suite->cipher->name;
}

const char *tls_suite_hash_name(const struct tls_suite *suite)
{
	return suite->hash->name;
}

size_t tls_suite_hash_bytes(const struct tls_suite *suite)
{
	return suite->hash->bytes;
}

size_t tls_suite_explicit_bytes(const struct tls_suite *suite, uint16_t version)
{
	switch (suite->cipher->mode) {
	case TLS_MODE_CBC:
		return version == TLS_1_0 ? 0 : suite->cipher->block_bytes;
	case TLS_MODE_CHACHA:
	case TLS_MODE_STREAM:
	case TLS_MODE_NULL:
		return 0;
	default:
		return suite->tls13 ? 0 : TLS_EXPLICIT_NONCE;
	}
}

size_t tls_suite_overhead_min(const struct tls_suite *suite, uint16_t version)
{
	size_t n = tls_suite_explicit_bytes(suite, version);
	if (suite->mac != NULL)
		return n + suite->mac->bytes + (suite->cipher->mode == TLS_MODE_CBC ? PADDING_MIN : 0);
	return n + suite->cipher->tag_bytes + (suite->tls13 ? TYPE_BYTES : 0);
}
