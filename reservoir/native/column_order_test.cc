// Orders of columns: each column once, rows spread more evenly than by chance.
#include "column_order.h"

#include <algorithm>
#include <cmath>

#include "check.h"
#include "random_rows.h"

using namespace asicr;

namespace {

SparseEntries randomMatrix(size_t rows, size_t columns, double density) {
  const std::vector<double> random = randomValues(rows * columns, 31);
  SparseEntries matrix(rows);
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j)
      if (random[i * columns + j] > 1 - 2 * density) matrix[i].push_back({static_cast<uint32_t>(j), 1.0});
  return matrix;
}

// Root mean square of how far rows are from their share at any place.
double unevenness(const SparseEntries& rows, const std::vector<uint16_t>& order) {
  std::vector<size_t> place(order.size());
  for (size_t p = 0; p < order.size(); ++p) place[order[p]] = p;
  double squares = 0;
  for (const auto& row : rows) {
    std::vector<double> ahead(order.size(), 0.0);
    for (const SparseEntry& entry : row) ahead[place[entry.column]] = 1;
    double sum = 0;
    for (double& value : ahead) {
      sum += value - static_cast<double>(row.size()) / static_cast<double>(order.size());
      squares += sum * sum;
    }
  }
  return std::sqrt(squares / static_cast<double>(rows.size() * order.size()));
}

void spreadsRowsEvenly(size_t rows, size_t columns) {
  const SparseEntries matrix = randomMatrix(rows, columns, 0.1);
  const std::vector<uint16_t> order = evenOrder(matrix, columns);
  std::vector<uint16_t> plain(columns), sorted(order);
  for (size_t j = 0; j < columns; ++j) plain[j] = static_cast<uint16_t>(j);
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == plain);
  CHECK(unevenness(matrix, order) < 0.6 * unevenness(matrix, plain));
  CHECK(evenOrder(matrix, columns) == order);
}

}  // namespace

int main() {
  spreadsRowsEvenly(100, 500);
  spreadsRowsEvenly(400, 400);
  CHECK(evenOrder({}, 0).empty());
  CHECK(evenOrder(SparseEntries(3), 2).size() == 2);
  std::printf("orders of columns\n");
}
