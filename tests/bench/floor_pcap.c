/*
 * floor_pcap FILE: the least that any reader of captures must do. Reads the file with libpcap, adds up the
 * captured lengths and prints packets and bytes.
 */
#include <inttypes.h>
#include <pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char problem[PCAP_ERRBUF_SIZE];
	if (argc != 2) {
		fputs("usage: floor_pcap FILE\n", stderr);
		return 2;
	}
	pcap_t *pcap = pcap_open_offline(argv[1], problem);
	if (pcap == NULL) {
		fprintf(stderr, "%s: %s\n", argv[1], problem);
		return 2;
	}
	struct pcap_pkthdr *header;
	const u_char *data;
	uint64_t packets = 0, bytes = 0;
	int result;
	while ((result = pcap_next_ex(pcap, &header, &data)) == 1) {
		packets++;
		bytes += header->caplen;
	}
	if (result == PCAP_ERROR)
		pcap_perror(pcap, argv[1]);
	pcap_close(pcap);
	printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", packets, bytes);
	return result == PCAP_ERROR ? 2 : 0;
}
