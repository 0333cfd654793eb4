/* The learner's function as the textbook calls it: C11 and C++20. Host and plug-in compare version, sizes and signature
   before the first call, and refuse a mismatch naming both. */
#ifndef TEXTBOOK_PLUGIN_H
#define TEXTBOOK_PLUGIN_H

#include <stdint.h>

#define TB_ABI 1u

typedef enum { TB_F32, TB_I32, TB_U8 } tb_type;

typedef struct {
  void* data;                    /* owned by the host, in memory that both processes share */
  uint32_t type, rank;           /* tb_type; one to three axes */
  int64_t shape[4], stride[4];   /* in elements; the last stride is 1 */
} tb_array;

typedef struct {
  uint32_t size;                 /* of this struct */
  uint32_t n_args, n_results, n_scalars;
  const tb_array* args;          /* each in the order of the function's parameters; what the function returns is the */
  tb_array* results;             /* last result */
  const double* scalars;
  int32_t layer;                 /* of the model; -1: the checker calls */
} tb_call;

/* What a call returns. */
typedef enum {
  TB_OK, TB_EXCEPTION, TB_OUT_OF_MEMORY, TB_OUTSIDE,
  TB_UNDEFINED                   /* a sanitizer build found what the language leaves undefined */
} tb_status;

typedef struct {
  uint32_t abi, size;            /* TB_ABI; of tb_call */
  const char *exercise;          /* "softmax" */
  const char *signature;         /* "softmax(in f32[:], out f32[:])" */
  int32_t (*call)(const tb_call*);
  const char* (*error)(void);    /* what the last call that failed said; valid until the next */
} tb_plugin;

#ifdef __cplusplus
extern "C"
#endif
const tb_plugin* textbook_plugin(void);

#endif
