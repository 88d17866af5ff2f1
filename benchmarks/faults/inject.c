/* Fails, or kills at, the n-th call that writes below a folder; loaded by LD_PRELOAD.

   Python, HDF5 and TensorFlow all write through these calls of the C library, so that one
   library reaches every write of a training, whoever makes it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OFF, COUNT, FAIL, KILL_BEFORE, KILL_AFTER };
enum { DESCRIPTORS = 4096, LOG = 200 };

static char folder[4096];
static long count, target;
static int mode = OFF, failure;
static char inside[DESCRIPTORS];
static pid_t owner; /* a child that is forked later is not the one that is watched */

void faults_arm(const char *where, long at, int what, int number) {
    strncpy(folder, where, sizeof folder - 1);
    memset(inside, 0, sizeof inside);
    count = 0;
    target = at;
    failure = number;
    owner = getpid();
    mode = what;
}

long faults_count(void) { return count; }

static int watched(const char *path) {
    return mode != OFF && path && folder[0] && strstr(path, folder) != NULL && getpid() == owner;
}

static int known(int fd) {
    return mode != OFF && fd >= 0 && fd < DESCRIPTORS && inside[fd] && getpid() == owner;
}

/* Whether the call is to fail. */
static int due(const char *call, const char *path) {
    count++;
    if (mode == COUNT) {
        dprintf(LOG, "%ld %s %s\n", count, call, path ? path : "");
        return 0;
    }
    if (count != target) return 0;
    if (mode == KILL_BEFORE) kill(getpid(), SIGKILL);
    if (mode == FAIL) {
        errno = failure;
        return 1;
    }
    return 0;
}

#define REAL(type, name, ...)                                                                     \
    static type (*real)(__VA_ARGS__);                                                             \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

/* After the call that was to be the last. */
#define DONE(value)                                                                               \
    if (mode == KILL_AFTER && count == target) kill(getpid(), SIGKILL);                           \
    return value

static const char *name_of(int fd, char *buffer, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, buffer, size - 1);
    buffer[length > 0 ? length : 0] = 0;
    return buffer;
}

static int mark(int fd) {
    if (fd >= 0 && fd < DESCRIPTORS) inside[fd] = 1;
    return fd;
}

#define OPEN(symbol)                                                                              \
    int symbol(const char *path, int flags, ...) {                                                \
        va_list more;                                                                             \
        va_start(more, flags);                                                                    \
        mode_t permissions = va_arg(more, mode_t);                                                \
        va_end(more);                                                                             \
        REAL(int, #symbol, const char *, int, ...);                                               \
        int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);                        \
        if (!watched(path)) {                                                                     \
            int other = real(path, flags, permissions);                                           \
            if (other >= 0 && other < DESCRIPTORS) inside[other] = 0;                             \
            return other;                                                                         \
        }                                                                                         \
        if (writes && due("open", path)) return -1;                                               \
        int fd = mark(real(path, flags, permissions));                                            \
        if (writes) { DONE(fd); }                                                                 \
        return fd;                                                                                \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(symbol)                                                                            \
    int symbol(int where, const char *path, int flags, ...) {                                     \
        va_list more;                                                                             \
        va_start(more, flags);                                                                    \
        mode_t permissions = va_arg(more, mode_t);                                                \
        va_end(more);                                                                             \
        REAL(int, #symbol, int, const char *, int, ...);                                          \
        int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);                        \
        if (!watched(path)) {                                                                     \
            int other = real(where, path, flags, permissions);                                    \
            if (other >= 0 && other < DESCRIPTORS) inside[other] = 0;                             \
            return other;                                                                         \
        }                                                                                         \
        if (writes && due("open", path)) return -1;                                               \
        int fd = mark(real(where, path, flags, permissions));                                     \
        if (writes) { DONE(fd); }                                                                 \
        return fd;                                                                                \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(symbol)                                                                             \
    FILE *symbol(const char *path, const char *how) {                                             \
        REAL(FILE *, #symbol, const char *, const char *);                                        \
        int writes = how && strpbrk(how, "wa+") != NULL;                                          \
        if (!watched(path)) return real(path, how);                                               \
        if (writes && due("open", path)) return NULL;                                             \
        FILE *file = real(path, how);                                                             \
        if (file && writes) mark(fileno(file));                                                   \
        if (mode == KILL_AFTER && count == target) kill(getpid(), SIGKILL);                       \
        return file;                                                                              \
    }
FOPEN(fopen)
FOPEN(fopen64)

#define BY_DESCRIPTOR(type, symbol, call, PARAMETERS, TYPES, ARGUMENTS)                           \
    type symbol PARAMETERS {                                                                      \
        static type(*real) TYPES;                                                                 \
        if (!real) real = (type(*) TYPES)dlsym(RTLD_NEXT, #symbol);                               \
        char name[4096];                                                                          \
        if (!known(fd)) return real ARGUMENTS;                                                    \
        if (due(call, name_of(fd, name, sizeof name))) return -1;                                 \
        type result = real ARGUMENTS;                                                             \
        DONE(result);                                                                             \
    }
BY_DESCRIPTOR(ssize_t, write, "write", (int fd, const void *data, size_t size),
              (int, const void *, size_t), (fd, data, size))
BY_DESCRIPTOR(ssize_t, pwrite, "write", (int fd, const void *data, size_t size, off_t at),
              (int, const void *, size_t, off_t), (fd, data, size, at))
BY_DESCRIPTOR(ssize_t, pwrite64, "write", (int fd, const void *data, size_t size, off64_t at),
              (int, const void *, size_t, off64_t), (fd, data, size, at))
BY_DESCRIPTOR(ssize_t, writev, "write", (int fd, const struct iovec *data, int parts),
              (int, const struct iovec *, int), (fd, data, parts))
BY_DESCRIPTOR(int, fsync, "fsync", (int fd), (int), (fd))
BY_DESCRIPTOR(int, fdatasync, "fsync", (int fd), (int), (fd))

size_t fwrite(const void *data, size_t size, size_t parts, FILE *file) {
    REAL(size_t, "fwrite", const void *, size_t, size_t, FILE *);
    char name[4096];
    int fd = fileno(file);
    if (!known(fd)) return real(data, size, parts, file);
    if (due("write", name_of(fd, name, sizeof name))) return 0;
    size_t result = real(data, size, parts, file);
    if (mode == KILL_AFTER && count == target) kill(getpid(), SIGKILL);
    return result;
}

#define BY_PATH(symbol, call, path, PARAMETERS, TYPES, ARGUMENTS)                                 \
    int symbol PARAMETERS {                                                                       \
        static int(*real) TYPES;                                                                  \
        if (!real) real = (int(*) TYPES)dlsym(RTLD_NEXT, #symbol);                                \
        if (!watched(path)) return real ARGUMENTS;                                                \
        if (due(call, path)) return -1;                                                           \
        int result = real ARGUMENTS;                                                              \
        DONE(result);                                                                             \
    }
BY_PATH(rename, "rename", to, (const char *from, const char *to), (const char *, const char *),
        (from, to))
BY_PATH(renameat, "rename", to, (int a, const char *from, int b, const char *to),
        (int, const char *, int, const char *), (a, from, b, to))
BY_PATH(link, "link", to, (const char *from, const char *to), (const char *, const char *),
        (from, to))
BY_PATH(linkat, "link", to, (int a, const char *from, int b, const char *to, int flags),
        (int, const char *, int, const char *, int), (a, from, b, to, flags))
BY_PATH(mkdir, "mkdir", path, (const char *path, mode_t how), (const char *, mode_t), (path, how))
BY_PATH(mkdirat, "mkdir", path, (int a, const char *path, mode_t how),
        (int, const char *, mode_t), (a, path, how))

int close(int fd) {
    REAL(int, "close", int);
    if (fd >= 0 && fd < DESCRIPTORS) inside[fd] = 0;
    return real(fd);
}
