/* Roles and directions of a connection; see roles.h. */
#include "analyzer/roles.h"

#include <string.h>

void roles_assign(const struct model *model, struct session *session)
{
	if (model->controller.version != 0) {
		for (uint8_t dir = 0; dir < 2; dir++) {
			if (memcmp(&session->addr[dir], &model->controller, sizeof model->controller) != 0)
				continue;
			session->controller = dir;
			session->controller_known = true;
			return;
		}
	}
	bool nmsp0 = model_is_port(model, session->port[0]), nmsp1 = model_is_port(model, session->port[1]);
	session->controller_known = nmsp0 != nmsp1;
	session->controller = nmsp0 && !nmsp1 ? 0 : 1;
}

bool roles_source_is_first(const struct model *model, const struct packet *packet)
{
	bool udp = packet->kind == PACKET_UDP;
	uint16_t src = udp ? packet->udp.src_port : packet->tcp.src_port;
	uint16_t dst = udp ? packet->udp.dst_port : packet->tcp.dst_port;
	if (!udp && packet->tcp.flags & TCP_SYN)
		return (packet->tcp.flags & TCP_ACK) == 0;
	return !(model_is_port(model, src) && !model_is_port(model, dst));
}
