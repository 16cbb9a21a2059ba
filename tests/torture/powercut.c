/* A disk whose power is cut at a chosen write. Loaded with LD_PRELOAD; asleep until `powercut_begin` names a directory.
 *
 * The files of that directory stay real, and are read as the kernel has them. Beside them this keeps what a power cut
 * would certainly leave: the octets of each file and the names in the directory as of the last fsync of each. Whatever
 * was written since then is pending. At the cut every file is rebuilt from what is certain and from some of what is
 * pending, and the process is gone at once:
 *
 *   - of each pending write the part in each sector of 512 octets is kept with probability `keep`, or else lost; where
 *     writes may be torn, it may also have become junk, which a disk writes when its voltage falls. Octets beside a
 *     write are never harmed (SQLite's "powersafe overwrite"). Where nothing is torn, a write is kept or lost whole.
 *   - names come and go in their order, as in every journalling file system, but any number of the last changes may
 *     be lost, and an fsync of a file keeps its octets, not its name: POSIX promises no more.
 *
 * SQLite's -shm file is mapped and rebuilt after a crash, so it is lost at the cut and not counted. Real fsyncs are
 * left out: nothing here depends on them. For every 64-bit Linux; calls of the kernel are made directly.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { SECTOR = 512, MOST_FILES = 65536, MOST_NAMES = 64, MOST_MOVES = 4096 };
/* How a process ends whose power was cut, and one whose files were changed by ways that are not watched here. */
enum { CUT = 86, BLIND = 87 };

struct pending { struct pending *next; off_t at; size_t size; int truncates; unsigned char octets[]; };
struct octets { unsigned char *at; size_t size, room; };
struct file { struct octets certain; struct pending *first, **last; };
struct name { char text[NAME_MAX + 1]; struct file *file; };
struct names { struct name all[MOST_NAMES]; int count; };
/* A change of the directory: `file` appears under the name, or, if it is NULL, the name goes. */
struct move { char text[NAME_MAX + 1]; struct file *file; };

static char directory[PATH_MAX];
static struct names certain, present;
static struct move moves[MOST_MOVES];
static int moved;
static struct file *open_files[MOST_FILES];
static unsigned char open_directories[MOST_FILES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long operations;
/* At which operation the power goes; a test may move it. */
long powercut_at;
static double keep;
static int torn, lies;
static uint64_t chance;

static void *need(void *memory) {
    if (!memory) _exit(BLIND);
    return memory;
}

/* splitmix64, as a number from 0 to 1. */
static double throw_dice(void) {
    uint64_t z = (chance += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* Octets and names ------------------------------------------------------------------------------------------------ */

static void resize(struct octets *to, size_t size) {
    if (size > to->room) {
        to->room = size * 2;
        to->at = need(realloc(to->at, to->room));
    }
    if (size > to->size) memset(to->at + to->size, 0, size - to->size);
    to->size = size;
}

static void put(struct octets *to, size_t at, const unsigned char *octets, size_t size) {
    if (at + size > to->size) resize(to, at + size);
    if (size) memcpy(to->at + at, octets, size);
}

static struct file **named(struct names *names, const char *text) {
    for (int i = 0; i < names->count; i++)
        if (!strcmp(names->all[i].text, text)) return &names->all[i].file;
    return NULL;
}

static void apply_move(struct names *names, const struct move *move) {
    struct file **there = named(names, move->text);
    if (move->file && there) {
        *there = move->file;
    } else if (move->file) {
        if (names->count == MOST_NAMES) _exit(BLIND);
        strcpy(names->all[names->count].text, move->text);
        names->all[names->count++].file = move->file;
    } else if (there) {
        struct name *gone = (struct name *)((char *)there - offsetof(struct name, file));
        *gone = names->all[--names->count];
    }
}

static void note_move(const char *text, struct file *file) {
    if (moved == MOST_MOVES) _exit(BLIND);
    strcpy(moves[moved].text, text);
    moves[moved].file = file;
    apply_move(&present, &moves[moved++]);
}

static void note_write(struct file *file, off_t at, const void *octets, size_t size, int truncates) {
    size_t held = truncates ? 0 : size;
    struct pending *one = need(malloc(sizeof *one + held));
    *one = (struct pending){.at = at, .size = size, .truncates = truncates};
    if (held) memcpy(one->octets, octets, held);
    *file->last = one;
    file->last = &one->next;
}

static void put_whole(struct octets *to, const struct pending *one) {
    if (one->truncates) resize(to, one->size);
    else put(to, one->at, one->octets, one->size);
}

/* What was pending is certain now. */
static void settle(struct file *file) {
    while (file->first) {
        struct pending *one = file->first;
        put_whole(&file->certain, one);
        file->first = one->next;
        free(one);
    }
    file->last = &file->first;
}

static struct file *new_file(void) {
    struct file *file = need(calloc(1, sizeof *file));
    file->last = &file->first;
    return file;
}

/* Names in the watched directory ---------------------------------------------------------------------------------- */

static int is_watched_name(const char *text) {
    size_t size = strlen(text);
    if (!strcmp(text, ".") || !strcmp(text, "..")) return 0;
    return size <= NAME_MAX && !(size >= 4 && !strcmp(text + size - 4, "-shm"));
}

/* The name within the watched directory of a whole path; NULL: it is elsewhere. */
static const char *inside(const char *path) {
    size_t size = strlen(directory);
    if (strncmp(path, directory, size) || path[size] != '/' || strchr(path + size + 1, '/')) return NULL;
    return is_watched_name(path + size + 1) ? path + size + 1 : NULL;
}

/* The same of any path, whether or not its last part exists. */
static const char *inside_of(const char *path, char *whole) {
    char parent[PATH_MAX], real[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (!directory[0] || !realpath(parent[0] ? parent : "/", real)) return NULL;
    if (strlen(real) + strlen(slash ? slash + 1 : path) + 2 > PATH_MAX) return NULL;
    strcpy(whole, real);
    strcat(whole, "/");
    strcat(whole, slash ? slash + 1 : path);
    return inside(whole);
}

/* The cut --------------------------------------------------------------------------------------------------------- */

static void read_file(const char *text, struct octets *to) {
    char path[PATH_MAX * 2];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", directory, text);
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0 || fstat(fd, &about)) _exit(BLIND);
    resize(to, about.st_size);
    if (pread(fd, to->at, to->size, 0) != (ssize_t)to->size) _exit(BLIND);
    syscall(SYS_close, fd);
}

static void write_file(const char *text, const struct octets *from) {
    char path[PATH_MAX * 2];
    snprintf(path, sizeof path, "%s/%s", directory, text);
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || syscall(SYS_pwrite64, fd, from->at, from->size, 0L) != (long)from->size) _exit(BLIND);
    syscall(SYS_close, fd);
}

static void go_blind(const char *what) {
    fprintf(stderr, "powercut: %s was changed unseen\n", what);
    _exit(BLIND);
}

/* Nothing may have changed by a way that is not watched: what is certain and all that is pending is what is there. */
static void check_sight(void) {
    DIR *open_one = need(opendir(directory));
    int found = 0;
    for (struct dirent *entry; (entry = readdir(open_one));) found += is_watched_name(entry->d_name);
    closedir(open_one);
    if (found != present.count) go_blind("the directory");
    for (int i = 0; i < present.count; i++) {
        struct file *file = present.all[i].file;
        struct octets there = {0}, known = {0};
        put(&known, 0, file->certain.at, file->certain.size);
        for (struct pending *one = file->first; one; one = one->next) put_whole(&known, one);
        read_file(present.all[i].text, &there);
        if (there.size != known.size || (known.size && memcmp(there.at, known.at, known.size)))
            go_blind(present.all[i].text);
        free(there.at);
        free(known.at);
    }
}

static void keep_some(struct octets *to, const struct pending *one) {
    if (one->truncates || !torn) {
        if (throw_dice() < keep) put_whole(to, one);
        return;
    }
    for (size_t from = 0; from < one->size;) {
        size_t size = SECTOR - (one->at + from) % SECTOR;
        if (size > one->size - from) size = one->size - from;
        double dice = throw_dice();
        if (dice < keep) {
            put(to, one->at + from, one->octets + from, size);
        } else if (dice > 0.9) {
            unsigned char junk[SECTOR];
            for (size_t i = 0; i < size; i++) junk[i] = (unsigned char)(throw_dice() * 256);
            put(to, one->at + from, junk, size);
        }
        from += size;
    }
}

static void empty_directory(void) {
    char path[PATH_MAX * 2];
    DIR *open_one = need(opendir(directory));
    for (struct dirent *entry; (entry = readdir(open_one));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    }
    closedir(open_one);
}

static void cut_the_power(void) {
    check_sight();
    int kept = keep <= 0 ? 0 : keep >= 1 ? moved : (int)(throw_dice() * (moved + 1));
    for (int i = 0; i < kept; i++) apply_move(&certain, &moves[i]);
    for (int i = 0; i < certain.count; i++) {
        struct file *file = certain.all[i].file;
        for (struct pending *one = file->first; one; one = one->next) keep_some(&file->certain, one);
        file->first = NULL;
    }
    empty_directory();
    for (int i = 0; i < certain.count; i++) write_file(certain.all[i].text, &certain.all[i].file->certain);
    _exit(CUT);
}

/* Called with the mutex held, after a change or in place of an fsync. */
static void count_one(void) {
    if (++operations == powercut_at) cut_the_power();
}

/* What a test says ------------------------------------------------------------------------------------------------ */

/* Watch a directory: what is in it now is certain. The power goes at the `at`th write, change of name or fsync; never,
 * if 0. `careless`: the disk says that it has written what it has not (as synchronous=OFF would have it). */
void powercut_begin(const char *path, long at, double probability, int tear, int careless, uint64_t seed) {
    if (!realpath(path, directory)) _exit(BLIND);
    operations = 0, powercut_at = at, keep = probability, torn = tear, lies = careless, chance = seed;
    DIR *open_one = need(opendir(directory));
    for (struct dirent *entry; (entry = readdir(open_one));) {
        if (!is_watched_name(entry->d_name)) continue;
        struct move move = {.file = new_file()};
        strcpy(move.text, entry->d_name);
        read_file(move.text, &move.file->certain);
        apply_move(&certain, &move);
        apply_move(&present, &move);
    }
    closedir(open_one);
}

/* How many operations there were. Ends the process with 87 if something was changed unseen. */
long powercut_count(void) {
    check_sight();
    return operations;
}

/* What the program says ------------------------------------------------------------------------------------------- */

static int watched_open(int at, const char *path, int flags, mode_t mode) {
    int fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd < 0 || fd >= MOST_FILES || !directory[0]) return fd;
    char link[64], whole[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, whole, sizeof whole - 1) < 0) return fd;
    pthread_mutex_lock(&mutex);
    open_directories[fd] = !strcmp(whole, directory);
    const char *text = inside(whole);
    open_files[fd] = NULL;
    if (text) {
        struct file **there = named(&present, text);
        if (!there) {
            note_move(text, new_file());
            count_one();
            there = named(&present, text);
        } else if (flags & O_TRUNC) {
            note_write(*there, 0, NULL, 0, 1);
            count_one();
        }
        open_files[fd] = *there;
    }
    pthread_mutex_unlock(&mutex);
    return fd;
}

static int watched_sync(int fd) {
    if (fd < 0 || fd >= MOST_FILES || (!open_files[fd] && !open_directories[fd])) return -1;
    pthread_mutex_lock(&mutex);
    count_one();
    if (!lies && open_files[fd]) settle(open_files[fd]);
    if (!lies && open_directories[fd]) {
        for (int i = 0; i < moved; i++) apply_move(&certain, &moves[i]);
        moved = 0;
    }
    pthread_mutex_unlock(&mutex);
    return 0;
}

static ssize_t watched_write(int fd, const void *octets, size_t size, off_t at, int is_placed) {
    struct file *file = fd >= 0 && fd < MOST_FILES ? open_files[fd] : NULL;
    if (!file) return is_placed ? syscall(SYS_pwrite64, fd, octets, size, at) : syscall(SYS_write, fd, octets, size);
    pthread_mutex_lock(&mutex);
    ssize_t done = is_placed ? syscall(SYS_pwrite64, fd, octets, size, at) : syscall(SYS_write, fd, octets, size);
    if (done > 0) {
        /* The place where a plain write went is known afterwards, also of a file opened to append. */
        note_write(file, is_placed ? at : lseek(fd, 0, SEEK_CUR) - done, octets, done, 0);
        count_one();
    }
    pthread_mutex_unlock(&mutex);
    return done;
}

static int watched_truncate(int fd, off_t size) {
    pthread_mutex_lock(&mutex);
    int done = syscall(SYS_ftruncate, fd, size);
    if (!done && fd < MOST_FILES && open_files[fd]) {
        note_write(open_files[fd], 0, NULL, size, 1);
        count_one();
    }
    pthread_mutex_unlock(&mutex);
    return done;
}

#define MODE(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, last); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open(const char *path, int flags, ...) { MODE(flags, flags) return watched_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, flags) return watched_open(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags, flags) return watched_open(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags, flags) return watched_open(at, path, flags, mode); }

int close(int fd) {
    if (fd >= 0 && fd < MOST_FILES) {
        open_files[fd] = NULL;
        open_directories[fd] = 0;
    }
    return syscall(SYS_close, fd);
}

ssize_t write(int fd, const void *octets, size_t size) { return watched_write(fd, octets, size, 0, 0); }
ssize_t pwrite(int fd, const void *octets, size_t size, off_t at) { return watched_write(fd, octets, size, at, 1); }
ssize_t pwrite64(int fd, const void *octets, size_t size, off_t at) { return watched_write(fd, octets, size, at, 1); }
int ftruncate(int fd, off_t size) { return watched_truncate(fd, size); }
int ftruncate64(int fd, off_t size) { return watched_truncate(fd, size); }
int fsync(int fd) { return watched_sync(fd) ? syscall(SYS_fsync, fd) : 0; }
int fdatasync(int fd) { return watched_sync(fd) ? syscall(SYS_fdatasync, fd) : 0; }

int unlink(const char *path) {
    char whole[PATH_MAX];
    const char *text = inside_of(path, whole);
    if (!text) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    pthread_mutex_lock(&mutex);
    int done = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (!done) {
        note_move(text, NULL);
        count_one();
    }
    pthread_mutex_unlock(&mutex);
    return done;
}

int rename(const char *from, const char *to) {
    char whole_from[PATH_MAX], whole_to[PATH_MAX];
    const char *old = inside_of(from, whole_from), *new = inside_of(to, whole_to);
    if (!old && !new) return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    /* Nothing in the store is renamed in or out; if it ever is, this must learn it. */
    if (!old || !new) _exit(BLIND);
    pthread_mutex_lock(&mutex);
    int done = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (!done) {
        /* Two moves, yet one change: at the cut a file may stand under both names, as a link would. */
        note_move(new, *named(&present, old));
        note_move(old, NULL);
        count_one();
    }
    pthread_mutex_unlock(&mutex);
    return done;
}
