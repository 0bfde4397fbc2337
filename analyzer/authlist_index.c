/*
 * Entries by MAC address and by hash, and a memory of decisions: 10,000 sessions of a few engines ask the
 * same question again and again. Called by authlist.c and authlist_decide.c. Never compares digits.
 */
#include "analyzer/authlist_index.h"

#include "analyzer/hash.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

/* Entries that share a token, as a chain in order. */
struct chain {
	char text[AUTHTEXT_HASH + 1];
	uint32_t first, last;
	UT_hash_handle hh;
};

struct memory {
	struct auth_decision decision;
	UT_hash_handle hh;
	size_t n;
	uint8_t question[];
};

struct authlist_index {
	struct chain *macs, *hashes;
	uint32_t damaged, last_damaged;
	size_t taken; /* entries of the list that are in here */
	struct memory *memories;
};

struct authlist_index *authlist_index_new(void)
{
	struct authlist_index *index = xcalloc(1, sizeof *index);
	index->damaged = index->last_damaged = AUTHLIST_NONE;
	return index;
}

static void forget(struct authlist_index *index)
{
	struct memory *memory, *next;
	HASH_ITER(hh, index->memories, memory, next)
	{
		HASH_DEL(index->memories, memory);
		free(memory);
	}
}

static void free_chains(struct chain **table)
{
	struct chain *chain, *next;
	HASH_ITER(hh, *table, chain, next)
	{
		HASH_DEL(*table, chain);
		free(chain);
	}
}

void authlist_index_free(struct authlist_index *index)
{
	if (index == NULL)
		return;
	forget(index);
	free_chains(&index->macs);
	free_chains(&index->hashes);
	free(index);
}

/* Puts entry i at the end of its chain; answers the entry before it, AUTHLIST_NONE when it is the first. */
static uint32_t enter(struct chain **table, const char *text, uint32_t i)
{
	struct chain *chain;
	HASH_FIND_STR(*table, text, chain);
	if (chain != NULL) {
		uint32_t before = chain->last;
		chain->last = i;
		return before;
	}
	chain = xcalloc(1, sizeof *chain);
	memcpy(chain->text, text, strlen(text) + 1);
	chain->first = chain->last = i;
	HASH_ADD_STR(*table, text, chain);
	return AUTHLIST_NONE;
}

static void enter_damaged(struct authlist *list, uint32_t i)
{
	struct authlist_index *index = list->index;
	if (index->damaged == AUTHLIST_NONE)
		index->damaged = i;
	else
		list->entries[index->last_damaged].next_mac = i;
	index->last_damaged = i;
}

void authlist_index_update(struct authlist *list)
{
	struct authlist_index *index = list->index;
	forget(index);
	for (; index->taken < list->n_entries; index->taken++) {
		uint32_t i = (uint32_t)index->taken, before;
		struct authlist_entry *entry = &list->entries[i];
		entry->next_mac = entry->next_hash = AUTHLIST_NONE;
		if (entry->side == AUTHLIST_ENGINE)
			continue;
		list->n_allowing++;
		before = enter(&index->hashes, entry->hash.text, i);
		if (before != AUTHLIST_NONE)
			list->entries[before].next_hash = i;
		if (entry->mac.damage != 0) {
			enter_damaged(list, i);
			continue;
		}
		before = enter(&index->macs, entry->mac.text, i);
		if (before != AUTHLIST_NONE)
			list->entries[before].next_mac = i;
	}
}

static uint32_t first_of(struct chain *table, const char *text)
{
	struct chain *chain;
	HASH_FIND_STR(table, text, chain);
	return chain != NULL ? chain->first : AUTHLIST_NONE;
}

uint32_t authlist_index_mac(const struct authlist_index *index, const char *mac)
{
	return first_of(index->macs, mac);
}

uint32_t authlist_index_hash(const struct authlist_index *index, const char *hash)
{
	return first_of(index->hashes, hash);
}

uint32_t authlist_index_damaged(const struct authlist_index *index)
{
	return index->damaged;
}

const struct auth_decision *authlist_index_recall(const struct authlist_index *index, struct span question)
{
	struct memory *memory;
	HASH_FIND(hh, index->memories, question.p, question.n, memory);
	return memory != NULL ? &memory->decision : NULL;
}

void authlist_index_keep(struct authlist_index *index, struct span question,
                         const struct auth_decision *decision)
{
	if (HASH_COUNT(index->memories) == LIMIT_CERTIFICATES)
		forget(index);
	struct memory *memory = xcalloc(1, sizeof *memory + question.n);
	memory->decision = *decision;
	memory->n = question.n;
	memcpy(memory->question, question.p, question.n);
	HASH_ADD_KEYPTR(hh, index->memories, memory->question, memory->n, memory);
}
