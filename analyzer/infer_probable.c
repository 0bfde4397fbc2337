/*
 * Which message type a size probably has; see infer.h. Pure functions over what infer.c collected, on demand.
 */
#include "analyzer/infer.h"

/* The bytes that the published page gives, facts.md section 3. */
#define SUBSCRIBE_REQUEST  77
#define SUBSCRIBE_RESPONSE 18
#define SUBSCRIBES_WITHIN  4 /* among so many first records of its direction */

static bool can_hold(const struct infer_class *of, uint32_t bytes)
{
	return of->size.kind != INFER_SIZE_PROTECTED && bytes <= of->size.most &&
	       (of->size.kind == INFER_SIZE_BOUND ? bytes == of->size.most : bytes >= of->size.least);
}

/* The engine's only record of that size, at the start, as large as the published one. */
static const struct infer_class *subscription(const struct infer *infer)
{
	for (uint32_t i = 0; i < infer->n_classes; i++) {
		const struct infer_class *class = &infer->classes[i];
		if (class->dir == infer->engine && class->records == 1 && class->order <= SUBSCRIBES_WITHIN &&
		    can_hold(class, SUBSCRIBE_REQUEST))
			return class;
	}
	return NULL;
}

/* The first record of a side tells what it can, unless TLS 1.3 hides how its handshake ends. */
static bool tells_capability(const struct infer_class *of)
{
	return of->order == 1 && of->records == 1 && of->size.kind != INFER_SIZE_BOUND &&
	       of->size.kind != INFER_SIZE_PROTECTED;
}

const char *infer_probable(const struct infer *infer, const struct infer_class *of,
                           const struct infer_found *found)
{
	if (found->decided && of == found->list[0].request)
		return "ECHO_REQUEST";
	if (found->decided && of == found->list[0].response)
		return "ECHO_RESPONSE";
	const struct infer_class *subscribes = infer->roles_known ? subscription(infer) : NULL;
	if (subscribes == NULL)
		return NULL;
	if (of == subscribes)
		return "SERVICE_SUBSCRIBE_REQUEST";
	if (of->dir != infer->engine && of->records == 1 && of->order <= SUBSCRIBES_WITHIN &&
	    can_hold(of, SUBSCRIBE_RESPONSE) && of->first.packet > subscribes->first.packet)
		return "SERVICE_SUBSCRIBE_RESPONSE";
	if (tells_capability(of) && of->first.packet < subscribes->first.packet)
		return "CAPABILITY_NOTIFICATION";
	return NULL;
}
