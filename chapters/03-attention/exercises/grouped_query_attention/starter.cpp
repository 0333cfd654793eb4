#include "exercise.h"

// queries and z [query, head, d_head], keys and values [key, kv_head, d_head]. The queries belong to the last
// positions.
void grouped_query_attention(Cube<const float> queries, Cube<const float> keys, Cube<const float> values,
                             Cube<float> z) {
}
