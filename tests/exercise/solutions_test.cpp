// The exercises' solutions against PyTorch, transformers, peft and tokenizers (recorded by
// tests/reference/exercises/record.py). The lint holds the checks against the solutions, so that they rest on the same.
#include <cmath>
#include <deque>
#include <fstream>
#include <functional>
#include <map>

#include <nlohmann/json.hpp>

#include "labs/exercise/child/exercise.h"
#include "tests/catch.h"

using Json = nlohmann::json;
using Reals = std::span<const float>;
using Integers = std::span<const std::int32_t>;

// As exercise.toml declares them.
void bpe_merge(Integers tokens, Matrix<const std::int32_t> merges, std::span<std::int32_t> merged);
void rms_norm(Reals x, Reals weight, double epsilon, std::span<float> y);
void softmax(Reals logits, std::span<float> probabilities);
float log_sum_exp(Reals logits);
void top_p(Reals probabilities, double p, std::span<float> kept);
void min_p(Reals probabilities, double share, std::span<float> kept);
void decode_cached(Reals query, Reals key, Reals value, std::size_t length, Matrix<float> keys, Matrix<float> values,
                   std::span<float> z);
void attention(Matrix<const float> queries, Matrix<const float> keys, Matrix<const float> values, Matrix<float> z);
void grouped_query_attention(Cube<const float> queries, Cube<const float> keys, Cube<const float> values,
                             Cube<float> z);
void rope(Cube<const float> x, std::size_t first, double theta, Cube<float> y);
void bias_attention(Matrix<const float> scores, std::size_t key, double bias, Matrix<float> pattern);
void logit_lens(Reals residual, Reals weight, double epsilon, Matrix<const float> unembedding,
                std::span<float> logits);
float edge_contribution(Matrix<const float> z, std::size_t head, Matrix<const float> output, Reals difference,
                        Reals weight, double rms);
void cross_entropy_gradient(Matrix<const float> logits, Integers targets, Matrix<float> gradient);
void adamw_step(std::span<float> weights, Reals gradient, std::span<float> m, std::span<float> v, std::size_t step,
                double rate, double beta1, double beta2, double epsilon, double decay);
void lora_forward(Matrix<const float> x, Matrix<const float> w, Matrix<const float> a, Matrix<const float> b,
                  double scale, Matrix<float> y);
void add_steering(Matrix<const float> residual, Reals direction, double alpha, std::size_t first,
                  Matrix<float> steered);

void exercise_outside(const char* what, std::size_t index, std::size_t size) {
  throw std::out_of_range(std::string(what) + ": " + std::to_string(index) + " of " + std::to_string(size));
}

namespace {

double real(const Json& x) { return x.is_string() ? std::stod(x.get<std::string>()) : x.get<double>(); }

// One recorded case: its arguments by name, and its results, which begin as an argument of that name or as NaN.
class Call {
 public:
  explicit Call(const Json& record) : arguments_(record["arguments"]), expected_(record["expected"]) {}

  double number(const char* name) const { return arguments_[name]; }
  std::size_t index(const char* name) const { return arguments_[name]; }
  Reals span(const char* name) { return read(name); }
  Integers integers(const char* name) { return integers_.emplace_back(arguments_[name]["values"]); }
  Matrix<const float> matrix(const char* name) {
    const auto size = shape(arguments_[name]);
    return {read(name).data(), size.at(0), size.at(1)};
  }
  Matrix<const std::int32_t> integer_matrix(const char* name) {
    const auto size = shape(arguments_[name]);
    return {integers(name).data(), size.at(0), size.at(1)};
  }
  Cube<const float> cube(const char* name) {
    const auto size = shape(arguments_[name]);
    return {read(name).data(), size.at(0), size.at(1), size.at(2)};
  }

  std::span<float> result(const char* name) {
    auto& values = results_[name];
    if (arguments_.contains(name)) values = numbers(arguments_[name]);
    else values.assign(expected_[name]["values"].size(), NAN);
    return values;
  }
  Matrix<float> result_matrix(const char* name) {
    const auto size = shape(expected_[name]);
    return {result(name).data(), size.at(0), size.at(1)};
  }
  Cube<float> result_cube(const char* name) {
    const auto size = shape(expected_[name]);
    return {result(name).data(), size.at(0), size.at(1), size.at(2)};
  }

  void compare() const {
    REQUIRE(results_.size() == expected_.size());
    for (const auto& [name, got] : results_) {
      const Json& expected = expected_[name]["values"];
      REQUIRE(got.size() == expected.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        CAPTURE(name, i);
        const double e = real(expected[i]);
        if (std::isinf(e)) CHECK(got[i] == e);
        else CHECK(std::abs(got[i] - e) <= 1e-5 * std::max(1.0, std::abs(e)));
      }
    }
  }

 private:
  static std::vector<std::size_t> shape(const Json& array) { return array["shape"]; }
  static std::vector<float> numbers(const Json& array) {
    std::vector<float> values;
    for (const Json& x : array["values"]) values.push_back(static_cast<float>(real(x)));
    return values;
  }
  Reals read(const char* name) { return reals_.emplace_back(numbers(arguments_[name])); }

  const Json &arguments_, &expected_;
  std::deque<std::vector<float>> reals_;
  std::deque<std::vector<std::int32_t>> integers_;
  std::map<std::string, std::vector<float>> results_;
};

const std::map<std::string, std::function<void(Call&)>> solutions = {
    {"bpe_merge",
     [](Call& c) {
       const auto result = c.result("merged");
       std::vector<std::int32_t> merged(result.size());
       bpe_merge(c.integers("tokens"), c.integer_matrix("merges"), merged);
       std::copy(merged.begin(), merged.end(), result.begin());
     }},
    {"rms_norm",
     [](Call& c) { rms_norm(c.span("x"), c.span("weight"), c.number("epsilon"), c.result("y")); }},
    {"softmax", [](Call& c) { softmax(c.span("logits"), c.result("probabilities")); }},
    {"log_sum_exp", [](Call& c) { c.result("returned")[0] = log_sum_exp(c.span("logits")); }},
    {"top_p", [](Call& c) { top_p(c.span("probabilities"), c.number("p"), c.result("kept")); }},
    {"min_p", [](Call& c) { min_p(c.span("probabilities"), c.number("p"), c.result("kept")); }},
    {"decode_cached",
     [](Call& c) {
       decode_cached(c.span("query"), c.span("key"), c.span("value"), c.index("length"), c.result_matrix("keys"),
                     c.result_matrix("values"), c.result("z"));
     }},
    {"attention",
     [](Call& c) { attention(c.matrix("queries"), c.matrix("keys"), c.matrix("values"), c.result_matrix("z")); }},
    {"grouped_query_attention",
     [](Call& c) {
       grouped_query_attention(c.cube("queries"), c.cube("keys"), c.cube("values"), c.result_cube("z"));
     }},
    {"rope", [](Call& c) { rope(c.cube("x"), c.index("first"), c.number("theta"), c.result_cube("y")); }},
    {"bias_attention",
     [](Call& c) {
       bias_attention(c.matrix("scores"), c.index("key"), c.number("bias"), c.result_matrix("pattern"));
     }},
    {"logit_lens",
     [](Call& c) {
       logit_lens(c.span("residual"), c.span("weight"), c.number("epsilon"), c.matrix("unembedding"),
                  c.result("logits"));
     }},
    {"edge_contribution",
     [](Call& c) {
       c.result("returned")[0] = edge_contribution(c.matrix("z"), c.index("head"), c.matrix("output"),
                                                   c.span("difference"), c.span("weight"), c.number("rms"));
     }},
    {"cross_entropy_gradient",
     [](Call& c) {
       cross_entropy_gradient(c.matrix("logits"), c.integers("targets"), c.result_matrix("gradient"));
     }},
    {"adamw_step",
     [](Call& c) {
       adamw_step(c.result("weights"), c.span("gradient"), c.result("m"), c.result("v"), c.index("step"),
                  c.number("rate"), c.number("beta1"), c.number("beta2"), c.number("epsilon"), c.number("decay"));
     }},
    {"lora_forward",
     [](Call& c) {
       lora_forward(c.matrix("x"), c.matrix("w"), c.matrix("a"), c.matrix("b"), c.number("scale"),
                    c.result_matrix("y"));
     }},
    {"add_steering",
     [](Call& c) {
       add_steering(c.matrix("residual"), c.span("direction"), c.number("alpha"), c.index("first"),
                    c.result_matrix("steered"));
     }},
};

}  // namespace

TEST_CASE("The solutions compute what PyTorch, transformers, peft and tokenizers do", "[exercise]") {
  const auto reference = Json::parse(std::ifstream("tests/reference/exercises/reference.json"));
  REQUIRE(reference.size() == solutions.size() + 1);   // and the versions it was made with
  for (const auto& [name, solution] : solutions) {
    REQUIRE(reference[name].size() >= 3);
    for (std::size_t i = 0; i < reference[name].size(); ++i) {
      CAPTURE(name, i);
      Call call(reference[name][i]);
      solution(call);
      call.compare();
    }
  }
}
