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
static const struct stem in_s[] = {
	{"string", INSIDE, CUE_STRING},
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

struct stems {
	const struct stem *stem;
	size_t n;
};

static const struct stems starts[] = {
	['a' - 'a'] = {from_a, sizeof from_a / sizeof *from_a},
	['b' - 'a'] = {from_b, sizeof from_b / sizeof *from_b},
	['c' - 'a'] = {from_c, sizeof from_c / sizeof *from_c},
	['d' - 'a'] = {from_d, sizeof from_d / sizeof *from_d},
	['e' - 'a'] = {from_e, sizeof from_e / sizeof *from_e},
	['f' - 'a'] = {from_f, sizeof from_f / sizeof *from_f},
	['g' - 'a'] = {from_g, sizeof from_g / sizeof *from_g},
	['h' - 'a'] = {from_h, sizeof from_h / sizeof *from_h},
	['k' - 'a'] = {from_k, sizeof from_k / sizeof *from_k},
	['l' - 'a'] = {from_l, sizeof from_l / sizeof *from_l},
	['m' - 'a'] = {from_m, sizeof from_m / sizeof *from_m},
	['n' - 'a'] = {from_n, sizeof from_n / sizeof *from_n},
	['o' - 'a'] = {from_o, sizeof from_o / sizeof *from_o},
	['p' - 'a'] = {from_p, sizeof from_p / sizeof *from_p},
	['r' - 'a'] = {from_r, sizeof from_r / sizeof *from_r},
	['s' - 'a'] = {from_s, sizeof from_s / sizeof *from_s},
	['t' - 'a'] = {from_t, sizeof from_t / sizeof *from_t},
	['u' - 'a'] = {from_u, sizeof from_u / sizeof *from_u},
	['v' - 'a'] = {from_v, sizeof from_v / sizeof *from_v},
	['w' - 'a'] = {from_w, sizeof from_w / sizeof *from_w},
	['z' - 'a'] = {from_z, sizeof from_z / sizeof *from_z},
};

static const struct stems parts[] = {
	['a' - 'a'] = {in_a, sizeof in_a / sizeof *in_a},
	['c' - 'a'] = {in_c, sizeof in_c / sizeof *in_c},
	['d' - 'a'] = {in_d, sizeof in_d / sizeof *in_d},
	['g' - 'a'] = {in_g, sizeof in_g / sizeof *in_g},
	['h' - 'a'] = {in_h, sizeof in_h / sizeof *in_h},
	['r' - 'a'] = {in_r, sizeof in_r / sizeof *in_r},
	['s' - 'a'] = {in_s, sizeof in_s / sizeof *in_s},
	['v' - 'a'] = {in_v, sizeof in_v / sizeof *in_v},
	['w' - 'a'] = {in_w, sizeof in_w / sizeof *in_w},
	['z' - 'a'] = {in_z, sizeof in_z / sizeof *in_z},
};

/* A letter of a stem as it folds: stems hold lower-case letters, and of these only i has another's place. */
static char stem_letter(char c)
{
	return c == 'i' ? 'l' : c;
}

/* The stem, whose first letter is there, stands in the word from letter `at` on. */
static bool stands(const struct trace_word *word, size_t at, const struct stem *stem)
{
	size_t i = 1;
	for (; stem->text[i] != 0; i++)
		if (at + i >= word->n || word->fold[at + i] != stem_letter(stem->text[i]))
			return false;
	return stem->place != IS || i == word->n;
}

static uint32_t cues_at(const struct trace_word *word, size_t at, const struct stems *stems)
{
	char second = at + 1 < word->n ? word->fold[at + 1] : 0;
	uint32_t cues = 0;
	for (size_t i = 0; i < stems->n; i++)
		if (stem_letter(stems->stem[i].text[1]) == second && stands(word, at, &stems->stem[i]))
			cues |= stems->stem[i].cues;
	return cues;
}

static size_t row_of(char letter)
{
	return (size_t)(unsigned char)letter - 'a';
}

uint32_t trace_words_cues(const struct trace_word *word)
{
	enum { SHORTEST_PART = 4, STARTS = sizeof starts / sizeof *starts, PARTS = sizeof parts / sizeof *parts };
	uint32_t cues = 0;
	if (word->n > 0 && row_of(word->fold[0]) < STARTS)
		cues = cues_at(word, 0, &starts[row_of(word->fold[0])]);
	for (size_t at = 0; at + SHORTEST_PART <= word->n; at++)
		if (row_of(word->fold[at]) < PARTS && parts[row_of(word->fold[at])].n > 0)
			cues |= cues_at(word, at, &parts[row_of(word->fold[at])]);
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
		uint32_t cues;
	} names[] = {
		{"sslConnectionInit", CUE_CONNECTION_INIT}, {"SSL_do_handshake", CUE_DO_HANDSHAKE | CUE_HANDSHAKE},
		{"doSSLRecvLoop", CUE_RECEIVE_LOOP},        {"WANT_READ", CUE_WANT_READ},
		{"AuthList", CUE_AUTHLIST},                 {"HANDSHAKE", CUE_HANDSHAKE},
	};
	enum { SHORTEST = 7, LETTERS_A_FAULT = 7 };
	struct rd words = rd_of(text);
	struct trace_word word;
	uint32_t cues = 0;
	while (trace_text_word(&words, &word))
		for (size_t i = 0; word.n >= SHORTEST && i < sizeof names / sizeof *names; i++) {
			size_t n = strlen(names[i].name), faults = n / LETTERS_A_FAULT;
			if (word.n + faults + 1 >= n && word.n <= n + faults &&
			    trace_text_distance(span_of(word.fold, word.n), names[i].name, faults) <= faults)
				cues |= names[i].cues;
		}
	return cues;
}
