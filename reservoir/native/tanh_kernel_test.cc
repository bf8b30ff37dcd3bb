// tanh against the C library in extended precision: its stated accuracy over the whole line, and its symmetries.
#include "tanh_kernel.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "random_rows.h"

using namespace asicr;

namespace {

double worst = 0;

void isAccurate(const std::vector<double>& x) {
  std::vector<double> result = x;
  tanhInPlace(result.data(), result.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const long double exact = std::tanh(static_cast<long double>(x[i]));
    const double nearest = std::fabs(static_cast<double>(exact));
    const double unit = std::nextafter(nearest, 2.0) - nearest;
    const double error = static_cast<double>(std::fabs(result[i] - exact)) / unit;
    if (error > 3) std::printf("%.17g: %g units\n", x[i], error);
    CHECK(error <= 3);
    worst = std::max(worst, error);
  }
}

void overTheWholeLine() {
  for (double scale : {1e-300, 1e-12, 1e-3, 0.3, 1.0, 3.0, 25.0, 1e6}) {
    std::vector<double> x = randomValues(20000, 51);
    for (double& value : x) value *= scale;
    isAccurate(x);
  }
  // Around every switch of k.
  std::vector<double> x;
  for (int k = 0; k <= 60; ++k)
    for (int step = -3; step <= 3; ++step) x.push_back((k + 0.5) * 0.34657359027997264 * (1 + step * 1e-15));
  isAccurate(x);
}

void atTheEdges() {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> x{0.0, -0.0, infinity, -infinity, std::numeric_limits<double>::quiet_NaN(), 1e300, 5e-324};
  tanhInPlace(x.data(), x.size());
  CHECK(x[0] == 0 && !std::signbit(x[0]) && x[1] == 0 && std::signbit(x[1]));
  CHECK(x[2] == 1 && x[3] == -1 && std::isnan(x[4]) && x[5] == 1 && x[6] == 5e-324);
}

void doesNotDependOnThePlace() {
  const std::vector<double> x = randomValues(37, 52);
  std::vector<double> whole = x;
  tanhInPlace(whole.data(), whole.size());
  for (size_t i = 0; i < x.size(); ++i) {
    double alone = x[i], negative = -x[i];
    tanhInPlace(&alone, 1);
    tanhInPlace(&negative, 1);
    CHECK(alone == whole[i] && negative == -whole[i]);
  }
}

}  // namespace

int main() {
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    overTheWholeLine();
    atTheEdges();
    doesNotDependOnThePlace();
  }
  std::printf("worst error %.2f units in the last place\n", worst);
}
