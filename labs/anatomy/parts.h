// The parts of a model as chapter 1 names them, drawn from its configuration: what each computes, how many numbers it
// has learned, and the point of the forward pass (labs/model/probes.h) at which its result stands. No torch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "labs/model/config.h"
#include "labs/model/probes.h"

namespace tb {

struct Part {
  std::string name;                   // "embedding", "attn.q"; in the model "blocks.12.attn.q"
  bool in_block = true;
  Point point = Point::embed;         // where its result stands
  std::string formula;                // plain notation; "_" and "^" lower and raise a letter or a "{group}"
  std::vector<std::int64_t> shape;    // of its weights, [out, in] or [n]; empty: it has learned nothing
  std::int64_t parameters = 0;        // in one block, biases included
};

// In the order of the computation; a block's own parts follow "block", "attn" and "mlp", which hold them.
// A head that is the embedding has a shape and no parameters of its own.
std::vector<Part> parts_of(const Config& config);

// Numbers in the whole model: every part as often as it occurs, those that hold others left out.
std::int64_t parameters_of(const Config& config);
bool holds_others(const Part& part);

// One part of a model: which, and in which block (-1: outside).
struct PartPlace { Part part; std::int64_t layer = -1; };
std::string name_of(const PartPlace& place);                   // "blocks.12.attn.q"
// Errors: anatomy.part (names the nearest).
Result<PartPlace> find_part(const Config& config, std::string_view name, const std::string& where);

}  // namespace tb
