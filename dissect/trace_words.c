/*
 * Words that give a trace line its meaning: names that nobody translates, and stems in English, Dutch,
 * German, French, Spanish, Portuguese and Italian.
 *
 * Data and its search; called by the other trace_*.c files. Words are hints: which of them make a line of
 * some kind stands in trace_sentence.c. Stems are written without accents.
 */
#include "dissect/trace_parts.h"

enum place { BEGINS, IS, INSIDE };

struct stem {
	char text[20]; /* here and not elsewhere: most are left after their second letter */
	enum place place;
	uint32_t cues;
};

#define INVALID (CUE_NOT | CUE_VALID | CUE_BAD)

/* Stems at the start of a word, by their first letter as it folds. */
static const struct stem from_a[] = {
	{"alloc", BEGINS, CUE_ALLOCATED}, {"allou", BEGINS, CUE_ALLOCATED},
	{"asign", BEGINS, CUE_ALLOCATED}, {"assegn", BEGINS, CUE_ALLOCATED},
	{"atrib", BEGINS, CUE_ALLOCATED}, {"aloca", BEGINS, CUE_ALLOCATED},
	{"aanroep", BEGINS, CUE_CALL}, {"aufruf", BEGINS, CUE_CALL}, {"appel", BEGINS, CUE_CALL},
	{"abgeschlossen", IS, CUE_COMPLETED}, {"abgelaufen", IS, CUE_EXPIRED},
	{"abgelehnt", IS, CUE_FAILURE}, {"afgewezen", IS, CUE_FAILURE}, {"avert", BEGINS, CUE_WARNING},
	{"advert", BEGINS, CUE_WARNING}, {"aviso", IS, CUE_WARNING},
};
static const struct stem from_b[] = {
	{"bad", IS, CUE_BAD}, {"befrei", BEGINS, CUE_FREE}, {"bevrijd", BEGINS, CUE_FREE},
};
static const struct stem from_c[] = {
	{"conn", IS, CUE_CONNECTION}, {"connection", BEGINS, CUE_CONNECTION},
	{"connexion", IS, CUE_CONNECTION}, {"conexi", BEGINS, CUE_CONNECTION},
	{"conexao", IS, CUE_CONNECTION}, {"connessione", IS, CUE_CONNECTION}, {"call", BEGINS, CUE_CALL},
	{"complet", BEGINS, CUE_COMPLETED}, {"concl", BEGINS, CUE_COMPLETED},
	{"chama", BEGINS, CUE_CALL}, {"caduc", BEGINS, CUE_EXPIRED}, {"ca", IS, CUE_AUTHORITY},
	{"cannot", IS, CUE_NOT},
};
static const struct stem from_d[] = {
	{"dosslrec", BEGINS, CUE_RECEIVE_LOOP}, {"desconoc", BEGINS, CUE_UNKNOWN},
	{"desconhec", BEGINS, CUE_UNKNOWN}, {"denied", IS, CUE_FAILURE},
};
static const struct stem from_e[] = {
	{"erfolgreich", BEGINS, CUE_SUCCESS}, {"erfolg", IS, CUE_SUCCESS},
	{"erfolglos", IS, CUE_FAILURE}, {"exit", BEGINS, CUE_SUCCESS}, {"echou", BEGINS, CUE_FAILURE},
	{"echec", IS, CUE_FAILURE}, {"expir", BEGINS, CUE_EXPIRED},
};
static const struct stem from_f[] = {
	{"fail", BEGINS, CUE_FAILURE}, {"fehl", BEGINS, CUE_FAILURE}, {"fallo", IS, CUE_FAILURE},
	{"fallid", BEGINS, CUE_FAILURE}, {"fallit", BEGINS, CUE_FAILURE}, {"falh", BEGINS, CUE_FAILURE},
	{"free", BEGINS, CUE_FREE}, {"freige", BEGINS, CUE_FREE}, {"freigabe", IS, CUE_FREE},
	{"fatal", BEGINS, CUE_FATAL},
};
static const struct stem from_g[] = {
	{"gepruft", IS, CUE_VALID}, {"geslaagd", IS, CUE_SUCCESS}, {"gelukt", IS, CUE_SUCCESS},
	{"gefaald", IS, CUE_FAILURE}, {"gescheitert", IS, CUE_FAILURE},
	{"geweiger", BEGINS, CUE_FAILURE}, {"geen", IS, CUE_NOT},
};
static const struct stem from_h[] = {
	{"homologue", IS, CUE_PEER},
};
static const struct stem from_k[] = {
	{"kein", BEGINS, CUE_NOT},
};
/* l, i, I, 1 and | are one letter. */
static const struct stem from_l[] = {
	{"invalid", BEGINS, INVALID}, {"ingetrokken", IS, CUE_REVOKED}, {"inconnu", BEGINS, CUE_UNKNOWN},
	{"incorrect", BEGINS, CUE_BAD}, {"liber", BEGINS, CUE_FREE}, {"llama", BEGINS, CUE_CALL},
	{"list", IS, CUE_AUTHLIST}, {"liste", IS, CUE_AUTHLIST}, {"lista", IS, CUE_AUTHLIST},
	{"lijst", IS, CUE_AUTHLIST},
};
static const struct stem from_m[] = {
	{"mislukt", IS, CUE_FAILURE}, {"mauvais", IS, CUE_BAD},
};
static const struct stem from_n[] = {
	{"new", IS, CUE_NEW}, {"nieuw", BEGINS, CUE_NEW}, {"neu", BEGINS, CUE_NEW},
	{"nouv", BEGINS, CUE_NEW}, {"nuev", BEGINS, CUE_NEW}, {"nov", BEGINS, CUE_NEW},
	{"nuov", BEGINS, CUE_NEW}, {"not", IS, CUE_NOT}, {"no", IS, CUE_NOT}, {"niet", IS, CUE_NOT},
	{"nicht", IS, CUE_NOT}, {"ne", IS, CUE_NOT}, {"non", IS, CUE_NOT}, {"nao", IS, CUE_NOT},
	{"nmsp", BEGINS, CUE_NMSP},
};
static const struct stem from_o[] = {
	{"ongeldig", BEGINS, INVALID}, {"onbekend", BEGINS, CUE_UNKNOWN}, {"oproep", BEGINS, CUE_CALL},
};
static const struct stem from_p[] = {
	{"peer", BEGINS, CUE_PEER}, {"pas", IS, CUE_NOT}, {"poignee", IS, CUE_HANDSHAKE},
};
static const struct stem from_r[] = {
	{"reussi", BEGINS, CUE_SUCCESS}, {"riuscit", BEGINS, CUE_SUCCESS},
	{"refus", BEGINS, CUE_FAILURE}, {"reject", BEGINS, CUE_FAILURE}, {"rechaz", BEGINS, CUE_FAILURE},
	{"rejeit", BEGINS, CUE_FAILURE}, {"revoc", BEGINS, CUE_REVOKED}, {"revoq", BEGINS, CUE_REVOKED},
	{"revok", BEGINS, CUE_REVOKED}, {"rufe", BEGINS, CUE_CALL},
};
static const struct stem from_s[] = {
	{"sslconnectioninit", BEGINS, CUE_CONNECTION_INIT}, {"sslnew", BEGINS, CUE_SSL_NEW},
	{"ssldo", IS, CUE_DO_HANDSHAKE}, {"sslerr", BEGINS, CUE_SSL_ERROR},
	{"succe", BEGINS, CUE_SUCCESS}, {"suces", BEGINS, CUE_SUCCESS}, {"slecht", BEGINS, CUE_BAD},
	{"schlecht", BEGINS, CUE_BAD}, {"scadut", BEGINS, CUE_EXPIRED},
	{"sconosciut", BEGINS, CUE_UNKNOWN}, {"sin", IS, CUE_NOT}, {"schwerwiegend", BEGINS, CUE_FATAL},
};
static const struct stem from_t[] = {
	{"toegewezen", IS, CUE_ALLOCATED}, {"termin", BEGINS, CUE_COMPLETED},
	{"todlich", BEGINS, CUE_FATAL},
};
static const struct stem from_u[] = {
	{"unsucc", BEGINS, CUE_FAILURE}, {"ungultig", BEGINS, INVALID},
	{"unbekannt", BEGINS, CUE_UNKNOWN}, {"unknown", IS, CUE_UNKNOWN},
	{"uberpruf", BEGINS, CUE_VALID}, {"unable", IS, CUE_NOT}, {"ueberpruf", BEGINS, CUE_VALID},
};
static const struct stem from_v[] = {
	{"verif", BEGINS, CUE_VALID}, {"voltooid", IS, CUE_COMPLETED}, {"vollst", BEGINS, CUE_COMPLETED},
	{"vrijg", BEGINS, CUE_FREE}, {"verlopen", IS, CUE_EXPIRED}, {"vencid", BEGINS, CUE_EXPIRED},
	{"verweiger", BEGINS, CUE_FAILURE},
};
static const struct stem from_w[] = {
	{"want", IS, CUE_WANT_READ}, {"widerruf", BEGINS, CUE_REVOKED}, {"warn", BEGINS, CUE_WARNING},
	{"waarsch", BEGINS, CUE_WARNING},
};
static const struct stem from_z[] = {
	{"zugewiesen", BEGINS, CUE_ALLOCATED}, {"zugeteilt", BEGINS, CUE_ALLOCATED},
};

/* Parts of compounds, anywhere in a word. */
static const struct stem in_a[] = {
	{"authlist", INSIDE, CUE_AUTHLIST}, {"authent", INSIDE, CUE_AUTHENTICATE},
	{"autent", INSIDE, CUE_AUTHENTICATE},
};
static const struct stem in_c[] = {
	{"cert", INSIDE, CUE_CERTIFICATE},
};
static const struct stem in_d[] = {
	{"dohandshake", INSIDE, CUE_DO_HANDSHAKE | CUE_HANDSHAKE},
};
static const struct stem in_g[] = {
	{"geldig", INSIDE, CUE_VALID}, {"gultig", INSIDE, CUE_VALID},
};
static const struct stem in_h[] = {
	{"handsha", INSIDE, CUE_HANDSHAKE}, {"handdruk", INSIDE, CUE_HANDSHAKE},
	{"handschlag", INSIDE, CUE_HANDSHAKE},
};
static const struct stem in_r[] = {
	{"recvloop", INSIDE, CUE_RECEIVE_LOOP},
};
static const struct stem in_v[] = {
	{"valid", INSIDE, CUE_VALID}, {"verbind", INSIDE, CUE_CONNECTION},
};
static const struct stem in_w[] = {
	{"wantread", INSIDE, CUE_WANT_READ},
};
static const struct stem in_z[] = {
	{"zertif", INSIDE, CUE_CERTIFICATE},
};

/* A bit for each letter, by its low bits: the digits of folded words have a letter's. */
#define BIT(letter) (UINT32_C(1) << ((unsigned char)(letter) % LETTERS))
enum { LETTERS = 32 };

struct stems {
	const struct stem *stem;
	size_t n;
	uint32_t seconds; /* a bit for each letter that stands second in one of them */
};
#define ROW(letter, stems, seconds) [(letter) % LETTERS] = {stems, sizeof(stems) / sizeof *(stems), seconds}

static const struct stems starts[LETTERS] = {
    ROW('a', from_a,
        BIT('a') | BIT('b') | BIT('d') | BIT('f') | BIT('l') | BIT('p') | BIT('s') | BIT('t') | BIT('u') |
            BIT('v')),
    ROW('b', from_b, BIT('a') | BIT('e')),
    ROW('c', from_c, BIT('a') | BIT('h') | BIT('o')),
    ROW('d', from_d, BIT('e') | BIT('o')),
    ROW('e', from_e, BIT('c') | BIT('r') | BIT('x')),
    ROW('f', from_f, BIT('a') | BIT('e') | BIT('r')),
    ROW('g', from_g, BIT('e')),
    ROW('h', from_h, BIT('o')),
    ROW('k', from_k, BIT('e')),
    ROW('l', from_l, BIT('l') | BIT('n')),
    ROW('m', from_m, BIT('a') | BIT('l')),
    ROW('n', from_n, BIT('a') | BIT('e') | BIT('l') | BIT('m') | BIT('o') | BIT('u')),
    ROW('o', from_o, BIT('n') | BIT('p')),
    ROW('p', from_p, BIT('a') | BIT('e') | BIT('o')),
    ROW('r', from_r, BIT('e') | BIT('l') | BIT('u')),
    ROW('s', from_s, BIT('c') | BIT('l') | BIT('s') | BIT('u')),
    ROW('t', from_t, BIT('e') | BIT('o')),
    ROW('u', from_u, BIT('b') | BIT('e') | BIT('n')),
    ROW('v', from_v, BIT('e') | BIT('o') | BIT('r')),
    ROW('w', from_w, BIT('a') | BIT('l')),
    ROW('z', from_z, BIT('u')),
};

static const struct stems parts[LETTERS] = {
    ROW('a', in_a, BIT('u')),
    ROW('c', in_c, BIT('e')),
    ROW('d', in_d, BIT('o')),
    ROW('g', in_g, BIT('e') | BIT('u')),
    ROW('h', in_h, BIT('a')),
    ROW('r', in_r, BIT('e')),
    ROW('v', in_v, BIT('a') | BIT('e')),
    ROW('w', in_w, BIT('a')),
    ROW('z', in_z, BIT('e')),
};

/* A letter of a stem as it folds: stems hold lower-case letters, and of these only i has another's place. */
static char stem_letter(char c)
{
	return c == 'i' ? 'l' : c;
}

/* The stem, whose first two letters are there, stands in the word from letter `at` on. */
static bool stands(const struct trace_word *word, size_t at, const struct stem *stem)
{
	size_t i = 2;
	for (; stem->text[i] != 0; i++)
		if (word->fold[at + i] != stem_letter(stem->text[i]))
			return false;
	return stem->place != IS || word->fold[at + i] == 0;
}

static uint32_t cues_of(const struct trace_word *word, size_t at, const struct stems *stems)
{
	uint32_t cues = 0;
	if (word->fold[at] != stem_letter(stems->stem[0].text[0]))
		return 0;
	for (size_t i = 0; i < stems->n; i++)
		if (stem_letter(stems->stem[i].text[1]) == word->fold[at + 1] &&
		    stands(word, at, &stems->stem[i]))
			cues |= stems->stem[i].cues;
	return cues;
}

/* Few places of a word get beyond their second letter. */
static inline uint32_t cues_at(const struct trace_word *word, size_t at, const struct stems table[LETTERS])
{
	const struct stems *stems = &table[(unsigned char)word->fold[at] % LETTERS];
	return stems->seconds & BIT(word->fold[at + 1]) ? cues_of(word, at, stems) : 0;
}

uint32_t trace_words_cues(const struct trace_word *word)
{
	enum { SHORTEST = 2, SHORTEST_PART = 4 };
	uint32_t cues = word->n >= SHORTEST ? cues_at(word, 0, starts) : 0;
	for (size_t at = 0; at + SHORTEST_PART <= word->n; at++)
		cues |= cues_at(word, at, parts);
	return cues;
}

uint32_t trace_words_all(struct span text)
{
	struct rd words = rd_of(text);
	struct trace_word word;
	uint32_t cues = 0;
	while (trace_text_word(&words, &word))
		cues |= trace_words_cues(&word);
	return cues;
}

uint32_t trace_words_damaged(struct span text)
{
	static const struct {
		const char *name;
		size_t n;
		uint32_t cues;
	} names[] = {
#define NAME(text, cues) {text, sizeof(text) - 1, cues}
		NAME("sslConnectionInit", CUE_CONNECTION_INIT),
		NAME("SSL_do_handshake", CUE_DO_HANDSHAKE | CUE_HANDSHAKE),
		NAME("doSSLRecvLoop", CUE_RECEIVE_LOOP),
		NAME("WANT_READ", CUE_WANT_READ),
		NAME("AuthList", CUE_AUTHLIST),
		NAME("HANDSHAKE", CUE_HANDSHAKE),
#undef NAME
	};
	enum { SHORTEST = 7, LETTERS_A_FAULT = 7 };
	struct rd words = rd_of(text);
	struct trace_word word;
	uint32_t cues = 0;
	while (trace_text_word(&words, &word))
		for (size_t i = 0; word.n >= SHORTEST && i < sizeof names / sizeof *names; i++) {
			size_t n = names[i].n, faults = n / LETTERS_A_FAULT;
			if (word.n + faults + 1 >= n && word.n <= n + faults &&
			    trace_text_distance(span_of(word.fold, word.n), names[i].name, faults) <= faults)
				cues |= names[i].cues;
		}
	return cues;
}
