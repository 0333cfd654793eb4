// Changes to a forward pass, as values. They are given to one run; nothing global is touched, and without any the
// hook is never entered. The text form (SPEC) is a type, then keys:
//
//   bias-key:layer=15..29,head=*,query=-1,key=3,value=4.0
//       adds value to the scores before softmax: the odds of the key move by exactly e^value
//   temperature:layer=3,head=1,query=*,value=2
//       divides the scores by value, which is above 0 (at least 1e-20)
//   scale-pattern:layer=3,head=1,query=*,key=0,value=0.5
//       multiplies the weights after softmax
//   set-pattern:layer=3,head=1,query=*,key=0,value=0.5
//       gives each of the named edges this weight, 0 to 1, and rescales the rest of the row so that it still sums to 1.
//       A key after the query is no edge. Several keys hold value each; more than 1 together is an error. A row that
//       has no other edge to rescale sums to what the named ones hold
//   knock-out:layer=3,head=1,query=*,key=0
//       removes edges, as set-pattern with value=0 does (a row with nothing left is all zero)
//   scale-head:layer=4,head=2,query=*,value=0.5
//       multiplies what a head gathered (z)
//   ablate-head:layer=4,head=2+5,query=*
//       sets it to zero; with mode=mean to the mean of a source's rows, with mode=resample to the rows themselves
//   replace-mlp:layer=4,query=*,file=F
//       what the MLP adds becomes a source's rows (mode=rows), their mean (mode=mean) or zero (mode=zero: no source)
//   add-residual:layer=4,point=resid_post,query=*,value=2,file=F,tensor=T
//       adds value (1 if left out) times a source's vector [d_model], or its rows; point: resid_pre, resid_mid or
//       resid_post (if left out)
//   patch-from:point=attn.pattern,layer=4,head=1,query=5,file=F,from=7
//       puts a source's rows in the place of the run's own. point is one of labs/model/probes.h, without "blocks.L.";
//       not head_out, which is computed on demand (z holds the same). A row of pattern or scores is that of a query
//   freeze-norms:layer=*,norm=norm1+norm2+final,query=*,file=F
//       divides by a source's root mean squares. The final norm belongs to no layer: it is meant where layer is *, or
//       by name. The norms of single heads (Qwen3) stay as they are
//   logit-bias:token=260,query=*,value=-5
//       adds value to the logits: a token's log-odds move by exactly value
//
// layer, head and query default to *, all of them. A list is 1+2, a range 0..8 with both ends, 1.. from 1 on, however
// long the text grows; a negative position counts from the last token (-1).
//
// A source is another run: file=PATH of a safetensors file with the points by name, as `textbook trace` writes it (no
// comma in the path), or a Source given along (labs/model/source.h). The point's own name says which tensor is read
// ("blocks.4.attn.z"; freeze-norms reads norm1.scale and norm2.scale, and takes the final norm's scale from the last
// resid_post); tensor=NAME names another. from=7 chooses rows of the source: one for all positions, or one for each in
// the order written. Without from, positions keep their number, and where query is * the source must be as long as the
// text. A mean is over all rows, or over those of from. A row of a pattern keeps the places of its keys, so it may come
// from its own or from an earlier query; what lies between gets no weight.
//
// Order: points are reached in the order in which they are computed (labs/model/probes.h); at one point interventions
// act left to right, each on what the one before it left. So bias-key then temperature is not temperature then
// bias-key, but logit-bias may stand anywhere.
//
// No torch here: labs/model/edits.h applies them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "labs/model/probes.h"

namespace tb {

struct Config;
class Source;   // labs/model/source.h

// Indices as a SPEC writes them.
struct Selection {
  bool all = true;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;   // first and last, both included; negative: from the end

  // The indices out of 0 .. size - 1 in the order written. nullopt: one of them is outside, or a range runs backwards.
  std::optional<std::vector<std::int64_t>> listed(std::int64_t size) const;
  // The same, rising, each once.
  std::optional<std::vector<std::int64_t>> resolve(std::int64_t size) const;
  bool from_end() const;                                       // means other indices when the text grows
  bool operator==(const Selection&) const = default;
};

struct Intervention {
  enum class Type {
    bias_key, temperature, scale_pattern, set_pattern, knock_out, scale_head, ablate_head, replace_mlp, add_residual,
    patch_from, freeze_norms, logit_bias
  };
  enum class Mode { zero, mean, rows };
  Type type = Type::bias_key;
  std::vector<Point> points;                                   // where it acts
  std::vector<std::int64_t> layers, heads, tokens;             // resolved: they do not depend on the text
  Selection queries, keys;                                     // positions
  Mode mode = Mode::rows;                                      // of the source, where there is one
  Selection from;                                              // rows of the source
  std::string tensor;                                          // of the source; "": the point's own name
  std::shared_ptr<const Source> source;
  double value = 1;
  std::string spec;                                            // as written, for messages

  // `source` stands for file=. What it holds is checked when the length of the text is known: see Edits::of.
  // Errors, all at the SPEC: intervention.type, intervention.key and intervention.choice (name the nearest),
  // intervention.missing, intervention.twice, intervention.number, intervention.bounds, intervention.range,
  // intervention.unused; and those of the file.
  static Result<Intervention> parse(std::string_view spec, const Config& config,
                                    std::shared_ptr<const Source> source = nullptr);
  // Two sources are the same if they are one object.
  bool operator==(const Intervention&) const = default;
};

}  // namespace tb
