/* Runs a fuzz target over files, or over every file of the folders named: the corpus as a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	rewind(file);
	/* an exact heap block, so that ASan sees the first byte past the end */
	uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
	if (data == NULL || size < 0 || fread(data, 1, (size_t)size, file) != (size_t)size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(2);
	}
	fclose(file);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	replayed++;
}

static void replay(const char *path)
{
	DIR *folder = opendir(path);
	if (folder == NULL) {
		replay_file(path);
		return;
	}
	struct dirent *entry;
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		char inner[4096];
		snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
		replay(inner);
	}
	closedir(folder);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%u inputs replayed\n", replayed);
	return 0;
}
