// cache: what the KV cache keeps when a text becomes another one, what it takes, and what it spares.
//   before.{id, bytes, text, special}, tokens.{id, bytes, text, special}, unencodable.{at, bytes} (of the second text)
//   before.kept [token]                 1: its row of every layer is used again; 0: dropped
//   tokens.reused [token]               1: its row was there already; 0: computed just now
//   count.{kept, dropped, computed}     tokens, as the engine reports them
//   size.{layers, kv_heads, head_width, number}   what a token's bytes are made of; number: bytes of one
//   size.{token, text}                  bytes: 2 (k and v) * layers * kv_heads * head_width * number; of the whole text
//   work.{with, without}                multiply-adds of writing one more token, with the cache and without
//   time.length, time.{with, without}   seconds of one more token after so many, measured on this machine while the lab
//                                       ran: the only columns that differ from run to run
#pragma once

#include "labs/lab.h"

namespace tb {

struct CacheLab : Lab {
  std::string_view type() const override { return "cache"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 128;   // tokens: without a cache all of them are read again and again
};

}  // namespace tb
