#include "drivers/native/line_workers.h"

#include <cerrno>
#include <map>

#include "common/native/check.h"

using namespace asicr;

namespace {

struct Task {
  TaskKind kind;
  Schedule schedule;
};
constexpr Schedule kOrdinary{true, false};
constexpr Schedule kOurs{false, true};
constexpr Schedule kSomebodyElses{false, false};

class FakeTasks : public Tasks {
 public:
  std::map<pid_t, Task> tasks;
  int error = 0;
  int kindsAsked = 0;

  std::vector<pid_t> ids() override {
    std::vector<pid_t> all;
    for (const auto& [id, task] : tasks) all.push_back(id);
    return all;
  }
  TaskKind kindOf(pid_t id) override {
    kindsAsked++;
    return tasks.count(id) == 0 ? TaskKind::kGone : tasks[id].kind;
  }
  Schedule scheduleOf(pid_t id) override { return tasks[id].schedule; }
  int makeRealtime(pid_t id) override {
    CHECK(tasks[id].kind == TaskKind::kLineWorker);
    if (error == 0) tasks[id].schedule = kOurs;
    return error;
  }
  void makeOrdinary(pid_t id) override {
    CHECK(tasks[id].kind == TaskKind::kLineWorker);
    tasks[id].schedule = kOrdinary;
  }
};

void onlyAKernelThreadOfThatNameIsAWorker() {
  CHECK(taskKindOf("48 (kworker/u9:0-events_unbound) I 2 0 0 0 -1 69238880 0 0 0") == TaskKind::kLineWorker);
  CHECK(taskKindOf("48 (kworker/u9:0) I 2 0 0 0 -1 2097152 0") == TaskKind::kLineWorker);
  CHECK(taskKindOf("48 (kworker/1:0H-kblockd) I 2 0 0 0 -1 69238880 0 0 0") == TaskKind::kOther);
  // A program may call itself that.
  CHECK(taskKindOf("900 (kworker/u9:0) S 2 900 900 0 -1 4194304 0 0 0") == TaskKind::kOther);
  CHECK(taskKindOf("900 (kworker/u) 1 2 3 4 5 69238880) S 1 900 900 0 -1 4194304 0") == TaskKind::kOther);
  CHECK(taskKindOf("48 (kworker/u9:0) I 2 0") == TaskKind::kOther);
  CHECK(taskKindOf("48 kworker/u9:0") == TaskKind::kGone);
  CHECK(taskKindOf("48 )kworker/u9:0(") == TaskKind::kGone);
  CHECK(taskKindOf("") == TaskKind::kGone);
}

void workersAreHurriedAndGivenBackAndNothingElseIsTouched() {
  FakeTasks system;
  system.tasks = {{1, {TaskKind::kOther, kOrdinary}},
                  {48, {TaskKind::kLineWorker, kOrdinary}},
                  {49, {TaskKind::kLineWorker, kSomebodyElses}},
                  {50, {TaskKind::kLineWorker, kOurs}}};
  LineWorkers workers(system);
  CHECK_EQUAL(workers.hurry(), 0);
  CHECK_EQUAL(workers.count(), 2u);
  CHECK(system.tasks[48].schedule.ours);
  CHECK(system.tasks[1].schedule.ordinary);
  workers.release();
  CHECK(system.tasks[48].schedule.ordinary);
  // What a killed program left behind.
  CHECK(system.tasks[50].schedule.ordinary);
  CHECK(!system.tasks[49].schedule.ordinary);
  CHECK_EQUAL(workers.count(), 0u);
}

void whoComesLaterIsFoundAndWhoEndsIsForgotten() {
  FakeTasks system;
  system.tasks = {{1, {TaskKind::kOther, kOrdinary}}, {48, {TaskKind::kLineWorker, kOrdinary}}};
  LineWorkers workers(system);
  workers.hurry();
  const int asked = system.kindsAsked;
  workers.hurry();
  // Only the worker again: a task keeps its kind as long as it lives.
  CHECK_EQUAL(system.kindsAsked, asked + 1);
  system.tasks.erase(1);
  system.tasks.erase(48);
  system.tasks[60] = {TaskKind::kLineWorker, kOrdinary};
  workers.hurry();
  CHECK(system.tasks[60].schedule.ours);
  CHECK_EQUAL(workers.count(), 1u);
  // A number that is used again.
  system.tasks[1] = {TaskKind::kLineWorker, kOrdinary};
  workers.hurry();
  CHECK(system.tasks[1].schedule.ours);
  // Another program's from now on.
  system.tasks[60].kind = TaskKind::kOther;
  workers.release();
  CHECK(system.tasks[60].schedule.ours);
}

void whatAnotherProgramMadeOrdinaryIsHurriedAgain() {
  FakeTasks system;
  system.tasks = {{48, {TaskKind::kLineWorker, kOrdinary}}, {49, {TaskKind::kLineWorker, kOrdinary}}, {50, {TaskKind::kLineWorker, kOrdinary}}};
  LineWorkers workers(system);
  workers.hurry();
  system.tasks[48].schedule = kOrdinary;
  system.tasks[49].kind = TaskKind::kOther;
  system.tasks[49].schedule = kOrdinary;
  system.tasks.erase(50);
  CHECK_EQUAL(workers.keep(), 0);
  CHECK(system.tasks[48].schedule.ours);
  CHECK(system.tasks[49].schedule.ordinary);
  CHECK_EQUAL(workers.count(), 1u);
  system.tasks[48].schedule = kOrdinary;
  system.error = EPERM;
  CHECK_EQUAL(workers.keep(), EPERM);
}

void aRefusalIsToldAndOneThatHasJustEndedIsNone() {
  FakeTasks system;
  system.tasks = {{48, {TaskKind::kLineWorker, kOrdinary}}};
  LineWorkers workers(system);
  system.error = EPERM;
  CHECK_EQUAL(workers.hurry(), EPERM);
  CHECK_EQUAL(workers.count(), 0u);
  system.error = ESRCH;
  CHECK_EQUAL(workers.hurry(), 0);
  CHECK_EQUAL(workers.count(), 0u);
}

void aProcessHasOneHold() {
  const auto one = LineWorkersHold::take();
  const auto other = LineWorkersHold::take();
  CHECK_EQUAL(one.get(), other.get());
  // Refused, or as many as there are: none where the kernel's threads cannot be seen.
  CHECK(one->refusal() == 0 || one->count() == 0);
}

}  // namespace

int main() {
  onlyAKernelThreadOfThatNameIsAWorker();
  workersAreHurriedAndGivenBackAndNothingElseIsTouched();
  whoComesLaterIsFoundAndWhoEndsIsForgotten();
  whatAnotherProgramMadeOrdinaryIsHurriedAgain();
  aRefusalIsToldAndOneThatHasJustEndedIsNone();
  aProcessHasOneHold();
  return checks.finish();
}
