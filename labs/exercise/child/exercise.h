// What an exercise gives the learner: the standard library's parts that exercises need, and views of the arrays that a
// call hands over. `std::span` is one row of numbers; Matrix and Cube have two and three axes. They own nothing, copy
// nothing, and stop with a clear message where an index lies outside.
#pragma once

#include "bounds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

// A table of rows x columns. Matrix<const float> is read only, Matrix<float> is written to.
template <class T>
class Matrix {
 public:
  // `stride` numbers lie between the starts of two rows; those of one row lie side by side.
  Matrix(T* data, std::size_t rows, std::size_t columns, std::size_t stride)
      : data_(data), rows_(rows), columns_(columns), stride_(stride) {}
  Matrix(T* data, std::size_t rows, std::size_t columns) : Matrix(data, rows, columns, columns) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }

  std::span<T> row(std::size_t i) const {
    if (i >= rows_) exercise_outside("rows", i, rows_);
    return {data_ + i * stride_, columns_};
  }
  T& operator()(std::size_t i, std::size_t j) const {
    if (i >= rows_) exercise_outside("rows", i, rows_);
    if (j >= columns_) exercise_outside("columns", j, columns_);
    return data_[i * stride_ + j];
  }

 private:
  T* data_;
  std::size_t rows_, columns_, stride_;
};

// Matrices of one size, one behind the other: q[position](head, i), say.
template <class T>
class Cube {
 public:
  Cube(T* data, std::size_t size, std::size_t rows, std::size_t columns, std::size_t stride, std::size_t row_stride)
      : data_(data), size_(size), rows_(rows), columns_(columns), stride_(stride), row_stride_(row_stride) {}
  Cube(T* data, std::size_t size, std::size_t rows, std::size_t columns)
      : Cube(data, size, rows, columns, rows * columns, columns) {}

  std::size_t size() const { return size_; }
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }

  Matrix<T> operator[](std::size_t i) const {
    if (i >= size_) exercise_outside("matrices", i, size_);
    return {data_ + i * stride_, rows_, columns_, row_stride_};
  }
  T& operator()(std::size_t i, std::size_t j, std::size_t k) const { return (*this)[i](j, k); }

 private:
  T* data_;
  std::size_t size_, rows_, columns_, stride_, row_stride_;
};
