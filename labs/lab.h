// The interface that everything hangs on: a lab is a pure function from Inputs to a Snapshot, run on the one compute
// thread. One list of fields gives panel, command line, directive, link and undo; a snapshot is a value.
// Nothing here includes torch or ImGui.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace tb {

// A list holds token ids. The alternative held is the type of the input.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>>;
using Inputs = std::map<std::string, Value, std::less<>>;  // a value: undo is a list of Inputs, A/B is two of them

// Holds where another input has one of these values, or none of those.
struct Condition {
  std::string key;                   // of the other input
  std::vector<Value> among = {}, except = {};
};

struct Field {
  std::string key;                   // kebab-case; its label stands in the strings as "lab.<type>.<key>"
  Value initial;
  double min = 0, max = 0, step = 0; // min == max: unbounded. For text: max is the longest length in bytes
  std::string unit;                  // "" or a key of "unit.<unit>". A text of "lines" holds one entry a line
  std::vector<std::string> choices;  // for text: the only values allowed, where not empty
  bool forward = true;               // false: changing it computes no token
  std::vector<Condition> when = {};  // it has an effect where one of these holds; none: always. See has_effect
};

struct Column {
  std::string name;                  // a contract: claims cite it as "bars.p[0]"
  std::string unit;                  // "", "probability", "logit", "bit", "token", ...
  std::vector<std::int64_t> shape;   // row-major
  std::variant<std::vector<double>, std::vector<std::string>> data;
};

struct Snapshot {                    // shared_ptr<const Snapshot> once published
  std::string lab;
  Inputs inputs;
  std::vector<Column> columns;
  std::string model, model_checksum, device, dtype;
  int threads = 0;
  std::int64_t tokens_computed = 0, tokens_reused = 0;
  double seconds = 0;
  bool partial = false;

  const Column* find(std::string_view name) const;                          // nullptr: no such column
  const std::vector<double>& numbers(std::string_view name) const;          // empty: no such column of numbers
  const std::vector<std::string>& texts(std::string_view name) const;       // empty: no such column of texts
};

class Model;                                    // compute thread only; defined in labs/model/model.h
struct Session { virtual ~Session() = default; };  // per lab instance: KV cache, trace, training state

// What a long call needs of its caller. All members may be empty.
struct Progress {
  std::stop_token stop;                                             // polled between layers and steps
  std::function<void(double done, std::string_view stage)> report;  // done in 0..1; stage: a key of "stage.<stage>"
};

struct Job {
  const Inputs& inputs;                         // complete and valid: made by `parse`
  Model* model;
  std::unique_ptr<Session>& kept;               // stays valid when the job is stopped
  std::uint64_t seed = 0;
  Progress progress;
  std::function<void(Snapshot)> publish;        // partial results; may be empty
  std::function<void()> yield;                  // waiting interactive jobs run here; may be empty
  std::filesystem::path folder;                 // where a long run keeps itself between processes; empty: nowhere
};

struct Lab {
  virtual ~Lab() = default;
  virtual std::string_view type() const = 0;                     // kebab-case
  virtual std::vector<Field> fields(const Model*) const = 0;     // null while the model loads: widest ranges
  // Same inputs, model, seed, device and threads give the same columns. A stopped job returns the error "job.stopped".
  virtual Result<Snapshot> run(Job&) const = 0;
  // A lab that works for long, such as one that trains. A panel runs it when the learner says so, not at every change
  // of an input; other labs run at its `yield`. What it had when it was stopped stays in `kept` and is published, and
  // the next run with the same inputs goes on from there: the columns at the end are those of a run never stopped.
  virtual bool long_running() const { return false; }
};

struct ModelInfo {
  std::string name, path, checksum;             // checksum: SHA-256 of the file, hexadecimal
  std::string architecture;                     // "llama", "qwen2", "qwen3"
  std::string device, dtype;                    // "cpu", "cuda:0"; "float32", "bfloat16"
  int threads = 0;
  std::int64_t n_layers = 0, n_heads = 0, n_kv_heads = 0, d_model = 0, d_head = 0, d_mlp = 0;
  std::int64_t vocabulary = 0, context = 0, parameters = 0;
  std::string weights;                          // what is kept: "float32", "float32+blocks", "blocks", "bfloat16", ...
  std::int64_t weight_bytes = 0;                // resident, all of them
  std::int64_t block_bytes = 0;                 // those that are the file's own blocks
};

struct LoadOptions {
  std::string path;                             // a GGUF file, or a folder of transformers
  std::string device = "auto";                  // auto, cpu, cuda, cuda:N
  std::string dtype = "auto";                   // auto, float32, bfloat16
  int threads = 0;                              // 0: the physical cores
  std::string weights = "auto";                 // auto, dense, blocks; auto keeps both where there is room
};

struct Alternative { std::int64_t id; std::string bytes; double logit, logprob; };
struct GeneratedStep { std::int64_t id; double logit, logprob; std::vector<Alternative> top; };
struct GenerateRequest {
  std::vector<std::int64_t> ids;                // the prompt
  std::int64_t max_tokens = 32;
  double temperature = 0;                       // 0: greedy, ties to the lower id
  std::int64_t top_k = 0;                       // 0: off
  double top_p = 1, min_p = 0;
  double repetition_penalty = 1;                // 1: off; above: less of what stands in the text already
  std::map<std::int64_t, double> logit_bias;    // id -> what is added to its logit; -infinity forbids the token
  std::uint64_t seed = 0;
  std::vector<std::int64_t> stop;               // ends after these too, as after the model's own end tokens
  std::int64_t top = 0;                         // how many alternatives each step lists
  std::function<void(const GeneratedStep&, std::string_view bytes)> step;   // told of each token at once; may be empty
};
struct Generated {
  std::vector<std::int64_t> ids;                // without the prompt; the end token, if reached, is the last
  std::string bytes;
  std::vector<GeneratedStep> steps;
};

struct TraceRequest {
  std::vector<std::int64_t> ids;
  std::vector<std::string> points;              // names or globs
  std::vector<std::string> interventions;       // SPECs, applied left to right
  std::string out;                              // a .safetensors file
};
struct TraceReport { std::vector<Column> points; };  // names and shapes only, in file order

// For `textbook bench`: tokens read again and again into the same buffers.
struct TimingRequest {
  std::vector<std::int64_t> ids;
  std::int64_t changed = 0;                     // this one is another token each time: computed from here on
  std::vector<std::string> points;              // captured each time; names or globs
  std::int64_t runs = 1;
  std::function<void(std::int64_t buffer_bytes)> held;   // called at the end, while the buffers exist; may be empty
};

// What the shared library of labs hands out. It is opened after the first frame, since linking libtorch costs a start.
struct Engine {
  virtual ~Engine() = default;
  virtual Result<std::shared_ptr<Model>> load(const LoadOptions&, const Progress&) = 0;
  virtual ModelInfo info(const Model&) const = 0;
  virtual std::span<const Lab* const> labs() const = 0;
  virtual Result<Generated> generate(Model&, const GenerateRequest&, const Progress&) = 0;
  virtual Result<TraceReport> trace(Model&, const TraceRequest&, const Progress&) = 0;
  virtual Result<std::vector<double>> time(Model&, const TimingRequest&) = 0;   // seconds of each run
};

// Opens the shared library of labs, once. Errors: engine.open (with the loader's reason).
Result<Engine*> open_engine();

// Text to values, by the fields: every key that is not given takes its initial value. `where` prefixes the error.
// Errors: input.unknown (names the nearest key), input.type, input.range, input.choice.
Result<Inputs> parse(std::span<const Field>, const std::map<std::string, std::string>&, const std::string& where);
// Whether an input changes anything, the others being what they are; those that are not given may be anything. One that
// hangs on an input without effect has none. A panel hides what has none beside the choices made, and keeps its value.
bool has_effect(const Field& field, std::span<const Field> fields, const Inputs& inputs);
// Values to text, so that parse(unparse(x)) == x.
std::map<std::string, std::string> unparse(const Inputs&);

std::string to_json(const Snapshot&);
std::string to_csv(const Snapshot&);
// b - a, column by column. Errors: snapshot.shape (names the first column that differs in name, kind or shape).
Result<Snapshot> difference(const Snapshot& a, const Snapshot& b);
// The number at "bars.p[0]" or "attention.pattern[2,0,5]". Errors: snapshot.column, snapshot.index.
Result<double> value_at(const Snapshot&, std::string_view place);

}  // namespace tb
