// The native kernel against loops in double, without Python: for machines on
// which torch does not run, such as an emulated one. Prints each case that is
// off and how many were compared; the exit status is 1 if any was.

#include <omp.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

extern "C" {
int64_t csg_packed_bytes(int64_t, int64_t, int, int);
void csg_pack(const float*, int64_t, int64_t, int, int, int, void*, int);
int csg_covers(int64_t, int, int, int, int, int);
int csg_is_symmetric(const float*, int, int);
void csg_forward(const void*, const void*, const float*, const float*,
                 const float*, const void*, void*, int64_t, int64_t, int64_t,
                 int64_t, int64_t, int, int, int, int, int, int, int, int);
int csg_backward_covers(int, int, int, int);
int64_t csg_backward_bytes(int64_t, int64_t, int64_t, int64_t, int64_t, int,
                           int, int, int, int, int, int);
void csg_backward(const void*, const void*, const float*, const float*, void*,
                  float*, void*, int64_t, int64_t, int64_t, int64_t, int64_t,
                  int, int, int, int, int, int);
}

namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

struct Case {
  int B, H, W, C, O, M, k, stride, padding;
  int OH() const { return (H + 2 * padding - k) / stride + 1; }
  int OW() const { return (W + 2 * padding - k) / stride + 1; }
};

uint32_t state = 1;
float random_number() {  // in [-1, 1), the same on every machine
  state = state * 1664525u + 1013904223u;
  return float(state >> 8) / 8388608.0f - 1.0f;
}
Floats random_numbers(size_t count) {
  Floats numbers(count);
  for (float& number : numbers) number = random_number();
  return numbers;
}

// Of a multiple of 1/256 below 1, so that bfloat16 holds it.
Floats coarse(Floats numbers) {
  for (float& number : numbers) number = std::floor(number * 64) / 64;
  return numbers;
}
std::vector<uint16_t> to_bf16(const Floats& numbers) {
  std::vector<uint16_t> halves(numbers.size());
  for (size_t i = 0; i < numbers.size(); i++) {
    uint32_t bits;
    std::memcpy(&bits, &numbers[i], 4);
    halves[i] = uint16_t(bits >> 16);
  }
  return halves;
}
Floats from_bf16(const std::vector<uint16_t>& halves) {
  Floats numbers(halves.size());
  for (size_t i = 0; i < halves.size(); i++) {
    const uint32_t bits = uint32_t(halves[i]) << 16;
    std::memcpy(&numbers[i], &bits, 4);
  }
  return numbers;
}

int compared = 0, wrong = 0;
void compare(const char* what, const Case& s, const Floats& found,
             const Doubles& expected, double bound) {
  double error = 0, scale = 1e-3;
  for (size_t i = 0; i < found.size(); i++) {
    const double off = std::fabs(found[i] - expected[i]);
    if (!(off <= error)) error = off;  // a NaN stays
    scale = std::fmax(scale, std::fabs(expected[i]));
  }
  compared++;
  if (error <= bound * scale) return;
  wrong++;
  std::printf("%s B%d H%d W%d C%d O%d M%d k%d stride%d padding%d: %g\n", what,
              s.B, s.H, s.W, s.C, s.O, s.M, s.k, s.stride, s.padding,
              error / scale);
}

// visit(index of y, of x, of the weight, of the bank) for each product.
template <class F>
void for_products(const Case& s, const F& visit) {
  for (int b = 0; b < s.B; b++)
    for (int p = 0; p < s.OH(); p++)
      for (int r = 0; r < s.OW(); r++)
        for (int n = 0; n < s.O * s.M; n++)
          for (int dy = 0; dy < s.k; dy++)
            for (int dx = 0; dx < s.k; dx++) {
              const int y = p * s.stride - s.padding + dy;
              const int x = r * s.stride - s.padding + dx;
              if (y < 0 || y >= s.H || x < 0 || x >= s.W) continue;
              const int tap = dy * s.k + dx, taps = s.k * s.k;
              for (int c = 0; c < s.C; c++)
                visit(((b * s.OH() + p) * s.OW() + r) * s.O * s.M + n,
                      ((b * s.H + y) * s.W + x) * s.C + c,
                      (n / s.M * s.C + c) * taps + tap, n % s.M * taps + tap);
            }
}

Floats symmetric_bank(const Case& s) {
  Floats bank = random_numbers(s.M * s.k * s.k);
  for (int u = 0; u < s.M; u++)
    for (int q = 0, last = s.k * s.k - 1; q <= last; q++) {
      float& value = bank[u * (last + 1) + q];
      value = q % 5 == 3 ? 0.0f : value;
      bank[u * (last + 1) + last - q] = value;
    }
  return bank;
}

void forward(const Case& s, const Floats& x, const Floats& weight,
             const Floats& bank, bool ends, bool planar, int threads) {
  const int channels = s.O * s.M;
  const size_t size = size_t(s.B) * s.OH() * s.OW() * channels;
  Floats y(size), residual = random_numbers(size);
  const Floats scale = random_numbers(channels);
  const Floats bias = random_numbers(channels);
  Doubles expected(size);
  for_products(s, [&](int to, int from, int w, int q) {
    expected[to] += double(x[from]) * weight[w] * bank[q];
  });
  if (ends)
    for (size_t i = 0; i < size; i++) {
      const int n = int(i % channels);
      expected[i] = expected[i] * scale[n] + bias[n] + residual[i];
      if (expected[i] < 0) expected[i] = 0;
    }
  Floats image = x;
  if (planar)
    for (int b = 0; b < s.B; b++)
      for (int i = 0; i < s.H * s.W; i++)
        for (int c = 0; c < s.C; c++)
          image[(b * s.C + c) * s.H * s.W + i] =
              x[(b * s.H * s.W + i) * s.C + c];
  std::vector<char> packed(csg_packed_bytes(s.O, s.C, s.k, 0));
  csg_pack(weight.data(), s.O, s.C, s.M, s.k, 0, packed.data(), threads);
  csg_forward(image.data(), packed.data(), bank.data(),
              ends ? scale.data() : nullptr, ends ? bias.data() : nullptr,
              ends ? residual.data() : nullptr, y.data(), s.B, s.H, s.W, s.C,
              s.O, s.M, s.k, s.stride, s.padding, ends, 0, planar, threads);
  compare(ends ? "forward with its ends" : "forward", s, y, expected, 2e-6);
}

void backward(const Case& s, const Floats& weight, const Floats& bank,
              bool half, int threads) {
  const size_t size = size_t(s.B) * s.OH() * s.OW() * s.O * s.M;
  const Floats x = coarse(random_numbers(size_t(s.B) * s.H * s.W * s.C));
  const Floats grad = coarse(random_numbers(size));
  Doubles expected_x(x.size()), expected_w(weight.size());
  for_products(s, [&](int from, int i, int w, int q) {
    expected_x[i] += double(grad[from]) * weight[w] * bank[q];
    expected_w[w] += double(grad[from]) * x[i] * bank[q];
  });
  std::vector<char> scratch(csg_backward_bytes(s.B, s.H, s.W, s.C, s.O, s.M,
                                               s.k, s.stride, s.padding, half,
                                               1, 1));
  Floats grad_x(x.size()), grad_w(weight.size());
  const auto half_x = to_bf16(x), half_grad = to_bf16(grad);
  std::vector<uint16_t> half_grad_x(x.size());
  const void* from = half ? (const void*)half_grad.data() : grad.data();
  const void* image = half ? (const void*)half_x.data() : x.data();
  void* to = half ? (void*)half_grad_x.data() : grad_x.data();
  csg_backward(from, image, weight.data(), bank.data(), to, grad_w.data(),
               scratch.data(), s.B, s.H, s.W, s.C, s.O, s.M, s.k, s.stride,
               s.padding, half, threads);
  if (half) grad_x = from_bf16(half_grad_x);
  compare(half ? "gradient of a bfloat16 x" : "gradient of x", s, grad_x,
          expected_x, half ? 1e-2 : 2e-6);
  compare(half ? "gradient of the weight, bfloat16" : "gradient of the weight",
          s, grad_w, expected_w, half ? 1e-2 : 2e-6);
}

void run(const Case& s, int threads) {
  const Floats x = random_numbers(size_t(s.B) * s.H * s.W * s.C);
  const Floats weight = random_numbers(size_t(s.O) * s.C * s.k * s.k);
  const Floats bank = symmetric_bank(s);
  if (!csg_is_symmetric(bank.data(), s.M, s.k)) wrong++;
  if (csg_covers(s.C, s.M, s.k, s.stride, s.padding, 0)) {
    forward(s, x, weight, bank, false, false, threads);
    forward(s, x, weight, bank, true, s.C <= 4 && s.k > 1, threads);
  }
  if (csg_backward_covers(s.M, s.k, s.stride, s.padding)) {
    backward(s, weight, bank, false, threads);
    backward(s, weight, bank, true, threads);
  }
}

}  // namespace

int main() {
  int threads = 1;
#pragma omp parallel num_threads(2)
  {
#pragma omp single
    threads = omp_get_num_threads();
  }
  for (int k : {1, 2, 3, 5, 7})
    for (int M : {2, 4, 8})
      for (int stride : {1, 2}) {
        run({2, 9, 12, 5, 7, M, k, stride, k / 2}, threads);
        run({1, 8, 17, 3, 9, M, k, stride, k - 1}, 1);
        run({1, 7, 7, 20, 4, M, k, stride, 0}, threads);
      }
  run({1, 6, 9, 260, 18, 4, 3, 1, 1}, threads);  // long sums
  run({3, 5, 15, 16, 16, 4, 3, 2, 1}, threads);
  run({1, 3, 60, 3, 16, 4, 5, 2, 2}, threads);  // more than one strip
  run({2, 14, 14, 64, 16, 4, 3, 1, 1}, threads);  // of GResNet-18
  std::printf("%d compared, %d wrong, %d threads\n", compared, wrong, threads);
  return wrong != 0;
}
