// What every lab's snapshot has in common: its head, and the columns that list tokens. No torch.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "labs/lab.h"
#include "labs/model/tokenizer.h"

namespace tb {

inline const std::string& text_input(const Inputs& inputs, std::string_view key) {
  return std::get<std::string>(inputs.find(key)->second);
}
inline std::int64_t integer_input(const Inputs& inputs, std::string_view key) {
  return std::get<std::int64_t>(inputs.find(key)->second);
}
inline double number_input(const Inputs& inputs, std::string_view key) {
  return std::get<double>(inputs.find(key)->second);
}
inline bool switch_input(const Inputs& inputs, std::string_view key) {
  return std::get<bool>(inputs.find(key)->second);
}

// Why a text has given no token. Errors: lab.empty; lab.tokenizer (the model cannot read any).
inline tl::unexpected<Error> no_token(const Tokenizer& tokenizer, const std::string& key) {
  if (!tokenizer.present()) return fail("lab.tokenizer", key);
  return fail("lab.empty", key);
}

inline Snapshot begin_snapshot(std::string_view lab, const Inputs& inputs, const ModelInfo& info) {
  Snapshot snapshot;
  snapshot.lab = lab;
  snapshot.inputs = inputs;
  snapshot.model = info.name;
  snapshot.model_checksum = info.checksum;
  snapshot.device = info.device;
  snapshot.dtype = info.dtype;
  snapshot.threads = info.threads;
  return snapshot;
}

inline void add_numbers(Snapshot& snapshot, std::string name, std::string unit, std::vector<double> data,
                        std::vector<std::int64_t> shape = {}) {
  if (shape.empty()) shape = {static_cast<std::int64_t>(data.size())};
  snapshot.columns.push_back({std::move(name), std::move(unit), std::move(shape), std::move(data)});
}
inline void add_number(Snapshot& snapshot, std::string name, std::string unit, double value) {
  add_numbers(snapshot, std::move(name), std::move(unit), {value});
}
inline void add_texts(Snapshot& snapshot, std::string name, std::vector<std::string> data) {
  const auto size = static_cast<std::int64_t>(data.size());
  snapshot.columns.push_back({std::move(name), "", {size}, std::move(data)});
}

// `prefix`.{id, bytes, text, special}: hexadecimal bytes are always exact; text is the same bytes as they are, which
// need not be whole UTF-8 (JSON writes null then).
inline void add_token_columns(Snapshot& snapshot, const std::string& prefix, const Tokenizer& tokenizer,
                              std::span<const std::int64_t> ids) {
  std::vector<double> id, special;
  std::vector<std::string> bytes, text;
  for (const std::int64_t token : ids) {
    id.push_back(static_cast<double>(token));
    bytes.push_back(to_hex(tokenizer.bytes(token)));
    text.emplace_back(tokenizer.bytes(token));
    special.push_back(tokenizer.special(token));
  }
  add_numbers(snapshot, prefix + ".id", "token", std::move(id));
  add_texts(snapshot, prefix + ".bytes", std::move(bytes));
  add_texts(snapshot, prefix + ".text", std::move(text));
  add_numbers(snapshot, prefix + ".special", "", std::move(special));
}

// unencodable.{at, bytes}: bytes of the input text that the vocabulary has no token for, which the model never sees.
inline void add_unencodable(Snapshot& snapshot, const Encoding& encoding) {
  std::vector<double> at;
  std::vector<std::string> bytes;
  for (const Unencodable& gap : encoding.unencodable) {
    at.push_back(static_cast<double>(gap.at));
    bytes.push_back(to_hex(gap.bytes));
  }
  add_numbers(snapshot, "unencodable.at", "byte", std::move(at));
  add_texts(snapshot, "unencodable.bytes", std::move(bytes));
}

}  // namespace tb
