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
	const char *text;
	enum place place; /* in the word; INSIDE also finds parts of compounds */
	uint32_t cues;
};

#define INVALID (CUE_NOT | CUE_VALID | CUE_BAD)

static const struct stem a[] = {
	{"alloc", BEGINS, CUE_ALLOCATED},     {"allou", BEGINS, CUE_ALLOCATED},
	{"asign", BEGINS, CUE_ALLOCATED},     {"assegn", BEGINS, CUE_ALLOCATED},
	{"atrib", BEGINS, CUE_ALLOCATED},     {"aloca", BEGINS, CUE_ALLOCATED},
	{"authlist", INSIDE, CUE_AUTHLIST},   {"authent", INSIDE, CUE_AUTHENTICATE},
	{"autent", INSIDE, CUE_AUTHENTICATE}, {"aanroep", BEGINS, CUE_CALL},
	{"aufruf", BEGINS, CUE_CALL},         {"appel", BEGINS, CUE_CALL},
	{"abgeschlossen", IS, CUE_COMPLETED}, {"abgelaufen", IS, CUE_EXPIRED},
	{"abgelehnt", IS, CUE_FAILURE},       {"afgewezen", IS, CUE_FAILURE},
	{"avert", BEGINS, CUE_WARNING},       {"advert", BEGINS, CUE_WARNING},
	{"aviso", IS, CUE_WARNING},
};
static const struct stem b[] = {
	{"bad", IS, CUE_BAD},
	{"befrei", BEGINS, CUE_FREE},
	{"bevrijd", BEGINS, CUE_FREE},
};
static const struct stem c[] = {
	{"cert", INSIDE, CUE_CERTIFICATE},      {"conn", IS, CUE_CONNECTION},
	{"connection", BEGINS, CUE_CONNECTION}, {"connexion", IS, CUE_CONNECTION},
	{"conexi", BEGINS, CUE_CONNECTION},     {"conexao", IS, CUE_CONNECTION},
	{"connessione", IS, CUE_CONNECTION},    {"call", BEGINS, CUE_CALL},
	{"complet", BEGINS, CUE_COMPLETED},     {"concl", BEGINS, CUE_COMPLETED},
	{"chama", BEGINS, CUE_CALL},            {"caduc", BEGINS, CUE_EXPIRED},
	{"ca", IS, CUE_AUTHORITY},              {"cannot", IS, CUE_NOT},
};
static const struct stem d[] = {
	{"dosslrec", BEGINS, CUE_RECEIVE_LOOP},
	{"dohandshake", INSIDE, CUE_DO_HANDSHAKE | CUE_HANDSHAKE},
	{"desconoc", BEGINS, CUE_UNKNOWN},
	{"desconhec", BEGINS, CUE_UNKNOWN},
	{"denied", IS, CUE_FAILURE},
};
static const struct stem e[] = {
	{"erfolgreich", BEGINS, CUE_SUCCESS}, {"erfolg", IS, CUE_SUCCESS},   {"erfolglos", IS, CUE_FAILURE},
	{"exit", BEGINS, CUE_SUCCESS},        {"echou", BEGINS, CUE_FAILURE}, {"echec", IS, CUE_FAILURE},
	{"expir", BEGINS, CUE_EXPIRED},
};
static const struct stem f[] = {
	{"fail", BEGINS, CUE_FAILURE},  {"fehl", BEGINS, CUE_FAILURE}, {"fallo", IS, CUE_FAILURE},
	{"fallid", BEGINS, CUE_FAILURE}, {"fallit", BEGINS, CUE_FAILURE}, {"falh", BEGINS, CUE_FAILURE},
	{"free", BEGINS, CUE_FREE},     {"freige", BEGINS, CUE_FREE},  {"freigabe", IS, CUE_FREE},
	{"fatal", BEGINS, CUE_FATAL},
};
static const struct stem g[] = {
	{"geldig", INSIDE, CUE_VALID},      {"gultig", INSIDE, CUE_VALID},   {"gepruft", IS, CUE_VALID},
	{"geslaagd", IS, CUE_SUCCESS},      {"gelukt", IS, CUE_SUCCESS},     {"gefaald", IS, CUE_FAILURE},
	{"gescheitert", IS, CUE_FAILURE},   {"geweiger", BEGINS, CUE_FAILURE}, {"geen", IS, CUE_NOT},
};
static const struct stem h[] = {
	{"handsha", INSIDE, CUE_HANDSHAKE},
	{"handdruk", INSIDE, CUE_HANDSHAKE},
	{"handschlag", INSIDE, CUE_HANDSHAKE},
	{"homologue", IS, CUE_PEER},
};
/* l, i, I, 1 and | are one letter. */
static const struct stem l[] = {
	{"invalid", BEGINS, INVALID},     {"ingetrokken", IS, CUE_REVOKED}, {"inconnu", BEGINS, CUE_UNKNOWN},
	{"incorrect", BEGINS, CUE_BAD},   {"liber", BEGINS, CUE_FREE},      {"llama", BEGINS, CUE_CALL},
	{"list", IS, CUE_AUTHLIST},       {"liste", IS, CUE_AUTHLIST},      {"lista", IS, CUE_AUTHLIST},
	{"lijst", IS, CUE_AUTHLIST},
};
static const struct stem k[] = {
	{"kein", BEGINS, CUE_NOT},
};
static const struct stem m[] = {
	{"mislukt", IS, CUE_FAILURE},
	{"mauvais", IS, CUE_BAD},
};
static const struct stem n[] = {
	{"new", IS, CUE_NEW},      {"nieuw", BEGINS, CUE_NEW}, {"neu", BEGINS, CUE_NEW},  {"nouv", BEGINS, CUE_NEW},
	{"nuev", BEGINS, CUE_NEW}, {"nov", BEGINS, CUE_NEW},   {"nuov", BEGINS, CUE_NEW}, {"not", IS, CUE_NOT},
	{"no", IS, CUE_NOT},       {"niet", IS, CUE_NOT},      {"nicht", IS, CUE_NOT},    {"ne", IS, CUE_NOT},
	{"non", IS, CUE_NOT},      {"nao", IS, CUE_NOT},       {"nmsp", BEGINS, CUE_NMSP},
};
static const struct stem o[] = {
	{"ongeldig", BEGINS, INVALID},
	{"onbekend", BEGINS, CUE_UNKNOWN},
	{"oproep", BEGINS, CUE_CALL},
};
static const struct stem p[] = {
	{"peer", BEGINS, CUE_PEER},
	{"pas", IS, CUE_NOT},
	{"poignee", IS, CUE_HANDSHAKE},
};
static const struct stem r[] = {
	{"recvloop", INSIDE, CUE_RECEIVE_LOOP}, {"reussi", BEGINS, CUE_SUCCESS}, {"riuscit", BEGINS, CUE_SUCCESS},
	{"refus", BEGINS, CUE_FAILURE},         {"reject", BEGINS, CUE_FAILURE}, {"rechaz", BEGINS, CUE_FAILURE},
	{"rejeit", BEGINS, CUE_FAILURE},        {"revoc", BEGINS, CUE_REVOKED},  {"revoq", BEGINS, CUE_REVOKED},
	{"revok", BEGINS, CUE_REVOKED},         {"rufe", BEGINS, CUE_CALL},
};
static const struct stem s[] = {
	{"sslconnectioninit", BEGINS, CUE_CONNECTION_INIT}, {"sslnew", BEGINS, CUE_SSL_NEW},
	{"ssldo", IS, CUE_DO_HANDSHAKE},                    {"sslerr", BEGINS, CUE_SSL_ERROR},
	{"succe", BEGINS, CUE_SUCCESS},                     {"suces", BEGINS, CUE_SUCCESS},
	{"string", INSIDE, CUE_STRING},                     {"slecht", BEGINS, CUE_BAD},
	{"schlecht", BEGINS, CUE_BAD},                      {"scadut", BEGINS, CUE_EXPIRED},
	{"sconosciut", BEGINS, CUE_UNKNOWN},                {"sin", IS, CUE_NOT},
	{"schwerwiegend", BEGINS, CUE_FATAL},
};
static const struct stem t[] = {
	{"toegewezen", IS, CUE_ALLOCATED},
	{"termin", BEGINS, CUE_COMPLETED},
	{"todlich", BEGINS, CUE_FATAL},
};
static const struct stem u[] = {
	{"unsucc", BEGINS, CUE_FAILURE},   {"ungultig", BEGINS, INVALID},   {"unbekannt", BEGINS, CUE_UNKNOWN},
	{"unknown", IS, CUE_UNKNOWN},      {"uberpruf", BEGINS, CUE_VALID}, {"unable", IS, CUE_NOT},
	{"ueberpruf", BEGINS, CUE_VALID},
};
static const struct stem v[] = {
	{"valid", INSIDE, CUE_VALID},         {"verif", BEGINS, CUE_VALID},     {"verbind", INSIDE, CUE_CONNECTION},
	{"voltooid", IS, CUE_COMPLETED},      {"vollst", BEGINS, CUE_COMPLETED}, {"vrijg", BEGINS, CUE_FREE},
	{"verlopen", IS, CUE_EXPIRED},        {"vencid", BEGINS, CUE_EXPIRED},  {"verweiger", BEGINS, CUE_FAILURE},
};
static const struct stem w[] = {
	{"wantread", INSIDE, CUE_WANT_READ}, {"want", IS, CUE_WANT_READ},    {"widerruf", BEGINS, CUE_REVOKED},
	{"warn", BEGINS, CUE_WARNING},       {"waarsch", BEGINS, CUE_WARNING},
};
static const struct stem z[] = {
	{"zugewiesen", BEGINS, CUE_ALLOCATED},
	{"zugeteilt", BEGINS, CUE_ALLOCATED},
	{"zertif", INSIDE, CUE_CERTIFICATE},
};

/* By the first letter of the stem as it folds. */
static const struct {
	const struct stem *stems;
	size_t n;
} letters[] = {
	['a' - 'a'] = {a, sizeof a / sizeof *a}, ['b' - 'a'] = {b, sizeof b / sizeof *b},
	['c' - 'a'] = {c, sizeof c / sizeof *c}, ['d' - 'a'] = {d, sizeof d / sizeof *d},
	['e' - 'a'] = {e, sizeof e / sizeof *e}, ['f' - 'a'] = {f, sizeof f / sizeof *f},
	['g' - 'a'] = {g, sizeof g / sizeof *g}, ['h' - 'a'] = {h, sizeof h / sizeof *h},
	['l' - 'a'] = {l, sizeof l / sizeof *l}, ['k' - 'a'] = {k, sizeof k / sizeof *k},
	['m' - 'a'] = {m, sizeof m / sizeof *m}, ['n' - 'a'] = {n, sizeof n / sizeof *n},
	['o' - 'a'] = {o, sizeof o / sizeof *o}, ['p' - 'a'] = {p, sizeof p / sizeof *p},
	['r' - 'a'] = {r, sizeof r / sizeof *r}, ['s' - 'a'] = {s, sizeof s / sizeof *s},
	['t' - 'a'] = {t, sizeof t / sizeof *t}, ['u' - 'a'] = {u, sizeof u / sizeof *u},
	['v' - 'a'] = {v, sizeof v / sizeof *v}, ['w' - 'a'] = {w, sizeof w / sizeof *w},
	['z' - 'a'] = {z, sizeof z / sizeof *z},
};

/* The stem stands in the word from letter `at` on. */
static bool stands(const struct trace_word *word, size_t at, const struct stem *stem)
{
	size_t i = 0;
	for (; stem->text[i] != 0; i++)
		if (at + i >= word->n || word->fold[at + i] != trace_text_fold(stem->text[i]))
			return false;
	return stem->place == INSIDE || (at == 0 && (stem->place == BEGINS || i == word->n));
}

uint32_t trace_words_cues(const struct trace_word *word)
{
	uint32_t cues = 0;
	for (size_t at = 0; at < word->n; at++) {
		size_t row = (size_t)(word->fold[at] - 'a');
		if (word->fold[at] < 'a' || row >= sizeof letters / sizeof *letters)
			continue;
		for (size_t i = 0; i < letters[row].n; i++)
			if (stands(word, at, &letters[row].stems[i]))
				cues |= letters[row].stems[i].cues;
	}
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
			size_t faults = strlen(names[i].name) / LETTERS_A_FAULT;
			if (trace_text_distance(word.printed, names[i].name, faults) <= faults)
				cues |= names[i].cues;
		}
	return cues;
}
