// A CUDA driver that runs no kernel: it records the calls, and fails as configured.
//
// Device memory is host memory, so copies are real. A launch of an attention kernel writes (i % 64) / 64 to value i
// of its output (if that has 16 bits, the bits of 1 in f16) and -1 to its log-sum-exp, whatever the inputs.
//
// FAKE_LOG       file to append to: one line per recorded call
// FAKE_VERSION   CUDA version of the driver (12040)
// FAKE_GPUS      number of GPUs (1)
// FAKE_CC        compute capability, times ten (80)
// FAKE_MEMORY    bytes of memory (8000000000)
// FAKE_OTHERS    bytes of it in use by other processes (0)
// FAKE_POOLS     1 if there are memory pools (1)
// FAKE_KEEPS     1 if the pool keeps freed memory until it is trimmed, 0 if until the stream is synchronised (0)
// FAKE_FAIL      "FUNCTION CODE [NTH [TIMES]]": from the NTH call (first: 1) of a function on, TIMES calls (1) return
//                this error; after a code of 700 or more, every later call does too
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Bytes allocated, and bytes freed but not yet released by the pool.
static atomic_size_t used, freed;
static atomic_int sticky;

static long number(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text && *text ? atol(text) : otherwise;
}

static void note(const char* format, ...) {
  const char* path = getenv("FAKE_LOG");
  FILE* file = path ? fopen(path, "a") : NULL;
  if (!file) return;
  va_list args;
  va_start(args, format);
  vfprintf(file, format, args);
  va_end(args);
  fclose(file);
}

// The error of this call of a function, or 0.
static int fails(const char* function) {
  static atomic_int calls;
  char wanted[64];
  int code, nth = 1, times = 1;
  if (sticky) return sticky;
  const char* text = getenv("FAKE_FAIL");
  if (!text || sscanf(text, "%63s %d %d %d", wanted, &code, &nth, &times) < 2 || strcmp(wanted, function)) return 0;
  const int call = ++calls;
  if (call < nth || call >= nth + times) return 0;
  if (code >= 700) sticky = code;
  return code;
}

#define OR_FAIL                       \
  do {                                \
    int code = fails(__func__);       \
    if (code) return code;            \
  } while (0)

// The thread's context. As in cuda.h, memory is allocated and freed in the order of a stream without one.
static _Thread_local void* current;
#define OR_NO_CONTEXT          \
  do {                         \
    if (!current) return 201;  \
  } while (0)

int cuDriverGetVersion(int* version) {
  *version = (int)number("FAKE_VERSION", 12040);
  return 0;
}
int cuInit(unsigned flags) { OR_FAIL; return (int)flags; }
int cuGetErrorName(int code, const char** name) {
  *name = code == 2     ? "CUDA_ERROR_OUT_OF_MEMORY"
          : code == 201 ? "CUDA_ERROR_INVALID_CONTEXT"
          : code == 222 ? "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"
          : code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS"
          : code == 719 ? "CUDA_ERROR_LAUNCH_FAILED"
                        : "CUDA_ERROR_UNKNOWN";
  return 0;
}
int cuGetErrorString(int code, const char** text) {
  *text = code == 700 ? "an illegal memory access was encountered" : "a chosen error";
  return 0;
}

int cuDeviceGetCount(int* count) { OR_FAIL; *count = (int)number("FAKE_GPUS", 1); return 0; }
int cuDeviceGet(int* device, int ordinal) { *device = ordinal; return 0; }
int cuDeviceGetName(char* name, int len, int device) { snprintf(name, (size_t)len, "Fake GPU %d", device); return 0; }
static size_t memory(void) { return (size_t)number("FAKE_MEMORY", 8000000000); }
int cuDeviceTotalMem_v2(size_t* bytes, int device) { *bytes = memory(); return device; }
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  long cc = number("FAKE_CC", 80);
  // Compute capability is 75 and 76, memory pools are 115.
  *value = (int)(attribute == 75    ? cc / 10
                 : attribute == 76  ? cc % 10
                 : attribute == 115 ? number("FAKE_POOLS", 1)
                                    : 0);
  return device;
}

int cuDevicePrimaryCtxRetain(void** context, int device) {
  OR_FAIL;
  *context = (void*)(uintptr_t)(0x1000 + device);
  return 0;
}
int cuDevicePrimaryCtxRelease_v2(int device) { return device; }
int cuCtxGetCurrent(void** context) { *context = current; return 0; }
int cuCtxSetCurrent(void* context) { current = context; return 0; }
int cuCtxSynchronize(void) { OR_FAIL; OR_NO_CONTEXT; return 0; }

int cuStreamCreate(void** stream, unsigned flags) {
  OR_NO_CONTEXT;
  *stream = (void*)(uintptr_t)(0x2000 + flags);
  return 0;
}
int cuStreamDestroy_v2(void* stream) { return stream == NULL; }
int cuStreamSynchronize(void* stream) {
  OR_FAIL;
  OR_NO_CONTEXT;
  if (!number("FAKE_KEEPS", 0)) freed = 0;
  return stream == NULL;
}
int cuEventCreate(void** event, unsigned flags) {
  OR_NO_CONTEXT;
  *event = (void*)(uintptr_t)(0x3000 + flags);
  return 0;
}
int cuEventDestroy_v2(void* event) { return event == NULL; }
int cuEventRecord(void* event, void* stream) { OR_FAIL; return event == NULL || stream == NULL; }
int cuEventSynchronize(void* event) { OR_FAIL; return event == NULL; }
int cuEventElapsedTime(float* ms, void* start, void* end) { *ms = 0.5f; return start == NULL || end == NULL; }

// The size of an allocation is stored before it.
static int allocate(uint64_t* address, size_t bytes) {
  if (!bytes || used + bytes > memory()) return 2;
  char* start = aligned_alloc(256, (bytes + 511) / 256 * 256);
  if (!start) return 2;
  *(size_t*)start = bytes;
  used += bytes;
  *address = (uint64_t)(uintptr_t)(start + 256);
  note("alloc %llu %zu\n", (unsigned long long)*address, bytes);
  return 0;
}
static size_t release(uint64_t address) {
  char* start = (char*)(uintptr_t)address - 256;
  const size_t bytes = *(size_t*)start;
  used -= bytes;
  note("free %llu\n", (unsigned long long)address);
  free(start);
  return bytes;
}
int cuMemAllocAsync(uint64_t* address, size_t bytes, void* stream) {
  OR_FAIL;
  freed = 0;  // the next allocation reuses it
  return stream == NULL ? 201 : allocate(address, bytes);
}
int cuMemFreeAsync(uint64_t address, void* stream) {
  OR_FAIL;
  if (stream == NULL) return 201;
  freed += release(address);
  return 0;
}
int cuDeviceGetMemPool(void** pool, int device) { *pool = &freed; return device; }
int cuMemPoolTrimTo(void* pool, size_t keep) { OR_FAIL; freed = keep; return pool != &freed; }
// Allocation and release on a GPU without memory pools.
int cuMemAlloc_v2(uint64_t* address, size_t bytes) { OR_FAIL; OR_NO_CONTEXT; return allocate(address, bytes); }
int cuMemFree_v2(uint64_t address) { OR_FAIL; OR_NO_CONTEXT; return release(address) == 0; }
int cuMemGetInfo_v2(size_t* available, size_t* total) {
  OR_FAIL;
  OR_NO_CONTEXT;
  *total = memory();
  *available = *total - used - freed - (size_t)number("FAKE_OTHERS", 0);
  return 0;
}
int cuMemsetD8Async(uint64_t address, unsigned char value, size_t bytes, void* stream) {
  OR_FAIL;
  OR_NO_CONTEXT;
  memset((void*)(uintptr_t)address, value, bytes);
  return stream == NULL;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* stream) {
  OR_FAIL;
  OR_NO_CONTEXT;
  memcpy((void*)(uintptr_t)to, from, bytes);
  note("upload %llu %zu\n", (unsigned long long)to, bytes);
  return stream == NULL;
}
int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* stream) {
  OR_FAIL;
  OR_NO_CONTEXT;
  memcpy(to, (void*)(uintptr_t)from, bytes);
  note("download %llu %zu\n", (unsigned long long)from, bytes);
  return stream == NULL;
}

// A module is a copy of its text, a function the name in it.
int cuModuleLoadData(void** module, const void* text) {
  OR_FAIL;
  OR_NO_CONTEXT;
  *module = strdup(text);
  const char* target = strstr(text, ".target ");
  note("module %zu %.5s\n", strlen(text), target ? target + 8 : "?");
  return 0;
}
int cuModuleUnload(void* module) { OR_NO_CONTEXT; free(module); return 0; }
int cuModuleGetFunction(void** function, void* module, const char* name) {
  OR_FAIL;
  char head[256];
  snprintf(head, sizeof head, ".visible .entry %s(", name);
  if (!strstr(module, head)) return 500;
  *function = strdup(name);
  note("function %s\n", name);
  return 0;
}
int cuFuncSetAttribute(void* function, int attribute, int value) {
  OR_FAIL;
  note("attribute %s %d %d\n", (char*)function, attribute, value);
  return 0;
}

// The fields of AttentionParams (kernels/include/params.cuh) that a launch reads.
struct params {
  uint64_t q, k, v;
  void* out;
  float* lse;
  uint64_t tables[9], bias[4];
  uint32_t heads, head_dim, nodes, keys, scales[2], out_kind;
};

static void bytes_at(const char* name, uint64_t address, size_t bytes) {
  if (bytes > 1024) bytes = 1024;
  note("%s ", name);
  for (size_t i = 0; address && i < bytes; i++) note("%02x", ((unsigned char*)(uintptr_t)address)[i]);
  note("\n");
}

int cuLaunchKernel(void* function, unsigned x, unsigned y, unsigned z, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, void* stream, void** params, void** extra) {
  OR_FAIL;
  OR_NO_CONTEXT;
  note("launch %s grid %u block %u shared %u stream %zx\n", (char*)function, x * y * z, bx * by * bz, shared,
       (size_t)stream);
  if (strstr(function, "attention")) {
    const struct params* p = params[0];
    size_t rows = (size_t)p->nodes * p->heads;
    note("params %u nodes %u heads of %u keys %u\n", p->nodes, p->heads, p->head_dim, p->keys);
    bytes_at("q", p->q, 64);
    bytes_at("k", p->k, 64);
    bytes_at("v", p->v, 64);
    for (size_t i = 0; i < rows * p->head_dim; i++)
      if (p->out_kind) ((uint16_t*)p->out)[i] = 0x3c00;
      else ((float*)p->out)[i] = (float)(i % 64) / 64;
    for (size_t i = 0; p->lse && i < rows; i++) p->lse[i] = -1;
  }
  return extra != NULL;
}
