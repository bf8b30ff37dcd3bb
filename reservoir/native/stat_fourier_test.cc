#include "stat_fourier.h"

#include <initializer_list>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "stat_random.h"

using namespace asicr;

namespace {

std::vector<double> noise(size_t n, uint64_t seed) {
  std::vector<double> x(n);
  uniforms(seed, 0, n, x.data());
  for (double& value : x) value -= 0.5;
  return x;
}

// The sum that the transform is defined as, for one k.
void direct(const std::vector<double>& re, const std::vector<double>& im, size_t k, double* c, double* s) {
  const size_t n = re.size();
  *c = *s = 0;
  for (size_t j = 0; j < n; ++j) {
    const double angle = -2 * 3.14159265358979323846 * static_cast<double>(j * k % n) / static_cast<double>(n);
    *c += re[j] * std::cos(angle) - im[j] * std::sin(angle);
    *s += re[j] * std::sin(angle) + im[j] * std::cos(angle);
  }
}

void complexIsTheSum(size_t n, Team& team) {
  const std::vector<double> re = noise(n, n), im = noise(n, n + 1);
  std::vector<double> fr = re, fi = im;
  Fourier fourier;
  CHECK(fourier.create(n, team));
  fourier.forward(fr.data(), fi.data(), team);
  for (const size_t k : {size_t{0}, 1 % n, n / 3, n / 2, n - 1}) {
    double c, s;
    direct(re, im, k, &c, &s);
    CHECK_NEAR(fr[k], c, 1e-12 * static_cast<double>(n));
    CHECK_NEAR(fi[k], s, 1e-12 * static_cast<double>(n));
  }
  fourier.forward(fi.data(), fr.data(), team);
  for (size_t j = 0; j < n; ++j) {
    CHECK_NEAR(fr[j] / static_cast<double>(n), re[j], 1e-13);
    CHECK_NEAR(fi[j] / static_cast<double>(n), im[j], 1e-13);
  }
}

void realIsTheComplexOne(size_t n, Team& team) {
  const std::vector<double> x = noise(n, n + 2);
  std::vector<double> fr = x, fi(n), re(n / 2 + 1), im(n / 2 + 1), back(n);
  Fourier fourier;
  RealFourier real;
  CHECK(fourier.create(n, team));
  CHECK(real.create(n, team));
  fourier.forward(fr.data(), fi.data(), team);
  real.forward(x.data(), re.data(), im.data(), team);
  for (size_t k = 0; k <= n / 2; ++k) {
    CHECK_NEAR(re[k], fr[k], 1e-13 * static_cast<double>(n));
    CHECK_NEAR(im[k], fi[k], 1e-13 * static_cast<double>(n));
  }
  real.backward(re.data(), im.data(), back.data(), team);
  for (size_t j = 0; j < n; ++j) CHECK_NEAR(back[j], x[j], 1e-13);
}

}  // namespace

int main() {
  size_t lengths = 0;
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    for (const size_t members : {1, 2}) {
      Team team(members);
      for (const size_t n : {1, 2, 3, 7, 64, 72, 81, 90, 97, 100, 120, 128, 255, 256, 625, 720, 1000, 1024, 1999, 2000, 2250, 4096, 6480, 10007}) {
        complexIsTheSum(n, team);
        realIsTheComplexOne(n, team);
        ++lengths;
      }
    }
  }
  std::printf("%zu transforms are their sums\n", lengths);
}
