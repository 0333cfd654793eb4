// A lens that is trained: for each depth a linear map from the residual stream there to the finished one, so that what
// is present in other directions can be read too (Belrose et al. 2023, "Eliciting latent predictions from transformers
// with the tuned lens"; Din et al. 2023, "Jump to conclusions"). Theirs is trained by gradient descent on the output;
// ours is ridge regression, solved in closed form:
//
//   minimise  sum_i w_i |x_i W + b - y_i|^2  +  r sum_j c_jj |W_j|^2,      c the weighted covariance of x, times sum w
//
// x_i is the stream before a block, y_i after the last one, w_i = 1 / mean(y_i^2): the final norm reads directions, and
// a few rows (the first token's) are a hundred times as long as the others. The penalty r is free of units: each number
// of x is penalised as if its variance were 1; the bias b is not penalised.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "labs/model/analysis/question.h"

namespace tb {

// The normal equations of one ridge regression, in double: they grow by rows, which need not be kept.
class Ridge {
 public:
  Ridge(std::int64_t in, std::int64_t out);
  // x [row, in], y [row, out], weights [row], positive.
  void add(const at::Tensor& x, const at::Tensor& y, const at::Tensor& weights);
  std::int64_t rows() const { return rows_; }

  struct Solution {
    at::Tensor weight;   // [in, out], double
    at::Tensor bias;     // [out], double
  };
  // Errors: translator.rows (none were added), translator.ridge (r is not above 0), translator.numbers (NaN or infinite
  // ones were added).
  Result<Solution> solve(double r) const;

 private:
  at::Tensor weight_;          // [] sum of w
  at::Tensor x_, y_;           // [in], [out] sums
  at::Tensor xx_, xy_;         // [in, in], [in, out] sums of products
  std::int64_t rows_ = 0;
};

// One map for each depth but the last.
class Translator {
 public:
  // stream [n_layers + 1, d_model], float32: row i stands before block i -> each row where the fit expects it to end.
  // The last row stays as it is.
  at::Tensor translate(const at::Tensor& stream) const;
  // Rows [row, d_model] that stand before block `layer`.
  at::Tensor translate(const at::Tensor& rows, std::int64_t layer) const;

  // A safetensors file with "blocks.L.weight" [d_model, d_model] and "blocks.L.bias" [d_model]: row * weight + bias.
  // Errors: those of SafetensorsWriter; of SafetensorsFile, and translator.file (a tensor is missing or does not fit).
  Result<void> save(const std::filesystem::path& path) const;
  static Result<Translator> load(const std::filesystem::path& path, const Config& config);

  std::int64_t layers() const { return static_cast<std::int64_t>(maps_.size()); }
  std::int64_t rows() const { return rows_; }        // that it was fitted on
  double ridge() const { return ridge_; }

 private:
  friend class TranslatorFit;
  struct Map {
    at::Tensor weight, bias;   // [d_model, d_model], [d_model], float32
  };
  std::vector<Map> maps_;
  std::int64_t rows_ = 0;
  double ridge_ = 0;
};

// Collects runs, then solves. Takes 16 * d_model^2 bytes for each layer while it collects.
class TranslatorFit {
 public:
  static constexpr double usual_ridge = 0.03;   // the best of .001 ... 1 on held-out text, for 1,500 to 5,000 tokens

  explicit TranslatorFit(const Config& config);
  // Every token of a run that captured lens_points. Errors: analysis.point.
  Result<void> add(const Context& context);
  // Errors: those of Ridge::solve.
  Result<Translator> solve(double ridge = usual_ridge) const;

 private:
  const Config* config_;
  std::vector<Ridge> layers_;
};

}  // namespace tb
