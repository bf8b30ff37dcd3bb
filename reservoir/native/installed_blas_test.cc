// Moments by an installed BLAS against the own kernels, and libraries that cannot be used.
#include "installed_blas.h"

#include <cstring>

#include "check.h"
#include "moments.h"
#include "random_rows.h"

using namespace asicr;

namespace {

void gather(Moments* moments, size_t features, size_t rows) {
  const std::vector<double> x = randomValues(rows * features, 31), y = randomValues(rows * 2, 32), shift = randomValues(features + 2, 33);
  CHECK(moments->create(rankKernel(), features, 2));
  PackedRows packed;
  CHECK(packed.create(moments->stride()));
  Team team(2);
  moments->addRows(x.data(), y.data(), rows, shift.data(), packed, team);
  moments->addRows(x.data(), y.data(), rows, shift.data(), packed, team);
}

void givesTheSameMoments(const char* path, size_t features, size_t rows) {
  Moments own, theirs;
  CHECK(useInstalledBlas("off") == BlasAnswer::off);
  gather(&own, features, rows);
  CHECK(useInstalledBlas(path) == BlasAnswer::loaded);
  gather(&theirs, features, rows);
  CHECK(own.count() == theirs.count());
  for (size_t i = 0; i < features + 2; ++i) {
    CHECK_NEAR(theirs.mean(i), own.mean(i), 1e-12);
    for (size_t j = 0; j <= i; ++j) CHECK_NEAR(theirs.centred(i, j), own.centred(i, j), 1e-11);
  }
}

}  // namespace

int main() {
  CHECK(installedBlas() == nullptr);
  CHECK(useInstalledBlas("") == BlasAnswer::off);
  CHECK(useInstalledBlas("/nowhere/libblas.so") == BlasAnswer::notFound);
  // A library without linear algebra.
  CHECK(useInstalledBlas("libc.so.6") == BlasAnswer::noUpdate);
  CHECK(installedBlas() == nullptr);
  size_t found = 0;
  for (const char* path : {"libopenblas.so.0", "libblas.so.3"}) {
    if (useInstalledBlas(path) == BlasAnswer::notFound) continue;
    ++found;
    for (size_t features : {1, 7, 30}) givesTheSameMoments(path, features, 700);
    // One that fails takes the place of one that served.
    CHECK(useInstalledBlas("/nowhere/libblas.so") == BlasAnswer::notFound);
    CHECK(installedBlas() == nullptr);
  }
  // Whatever was measured is measured once: the same library, or none, from then on.
  const BlasAnswer answer = useInstalledBlas("auto");
  const InstalledBlas* chosen = installedBlas();
  CHECK((answer == BlasAnswer::loaded) == (chosen != nullptr));
  CHECK(useInstalledBlas("off") == BlasAnswer::off && installedBlas() == nullptr);
  CHECK(useInstalledBlas("auto") == answer && installedBlas() == chosen);
  if (chosen != nullptr) CHECK(chosen->dsyrk != nullptr || chosen->dpotrf != nullptr);
  std::printf("%zu installed\n", found);
}
