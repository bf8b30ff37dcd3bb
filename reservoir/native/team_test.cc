// A team does every item once, however short the work and however many members.
#include "team.h"

#include <vector>

#include "check.h"

using namespace asicr;

namespace {

void everyItemOnce(size_t members) {
  Team team(members);
  CHECK(team.size() == members);
  for (size_t items : {0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> done(items);
    team.share(items, [&](size_t item) { done[item].fetch_add(1); });
    for (const auto& count : done) CHECK(count == 1);
  }
}

void everyMemberOnceARound(size_t members) {
  Team team(members);
  std::vector<int> calls(members, 0);
  for (int round = 1; round <= 500; ++round) {
    team.run([&](size_t member) { ++calls[member]; });
    for (int count : calls) CHECK(count == round);
    // Long enough for the others to have gone to sleep.
    if (round % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

int main() {
  for (size_t members : {1, 2, 3, 5}) {
    everyItemOnce(members);
    everyMemberOnceARound(members);
  }
  Team::setDefaultMembers(3);
  CHECK(Team::defaultMembers() == 3);
  Team::setDefaultMembers(0);
  CHECK(Team::defaultMembers() >= 1);
  std::printf("teams of 1 to 5\n");
}
