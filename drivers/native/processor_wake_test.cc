#include "drivers/native/processor_wake.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "common/native/check.h"

using namespace asicr;

namespace {

struct Folder {
  char path[32] = "/tmp/asicr-wake-XXXXXX";
  Folder() { CHECK(mkdtemp(path) != nullptr); }
  std::string file(const char* name) const { return std::string(path) + "/" + name; }
};

void put(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0);
  CHECK_EQUAL(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(fd);
}

void aVirtualMachineKeepsItsProcessorsAndAMachineOfItsOwnLetsThemSleepLightly() {
  CHECK_EQUAL(wakeLatencyFor("haltpoll"), 0);
  CHECK_EQUAL(wakeLatencyFor("menu"), 2);
  CHECK_EQUAL(wakeLatencyFor(""), 2);
}

// What the kernel reads is four bytes, and the request lasts as long as the descriptor.
void theRequestIsFourBytesHeldUntilItIsLetGo() {
  const Folder folder;
  const WakePaths paths{folder.file("pipe"), folder.file("governor")};
  put(paths.idleGovernor, "menu\n");
  CHECK_EQUAL(mkfifo(paths.request.c_str(), 0600), 0);
  const int reader = open(paths.request.c_str(), O_RDONLY | O_NONBLOCK);
  CHECK(reader >= 0);
  {
    const ProcessorWake wake(paths);
    CHECK_EQUAL(wake.refusal(), 0);
    int32_t asked = -1;
    CHECK_EQUAL(read(reader, &asked, sizeof asked), static_cast<ssize_t>(sizeof asked));
    CHECK_EQUAL(asked, 2);
    CHECK_EQUAL(read(reader, &asked, sizeof asked), -1);
    CHECK_EQUAL(errno, EAGAIN);
  }
  char after;
  CHECK_EQUAL(read(reader, &after, 1), 0);
  close(reader);
}

void aSystemWithoutItOrThatRefusesSaysWhy() {
  const Folder folder;
  CHECK_EQUAL(ProcessorWake({folder.file("absent"), folder.file("absent")}).refusal(), ENOENT);
  CHECK_EQUAL(ProcessorWake({folder.path, folder.file("absent")}).refusal(), EISDIR);
  CHECK_EQUAL(ProcessorWake({"/dev/full", folder.file("absent")}).refusal(), ENOSPC);
}

void aProcessHasOneRequest() {
  const auto one = ProcessorWake::take();
  CHECK_EQUAL(one.get(), ProcessorWake::take().get());
}

}  // namespace

int main() {
  aVirtualMachineKeepsItsProcessorsAndAMachineOfItsOwnLetsThemSleepLightly();
  theRequestIsFourBytesHeldUntilItIsLetGo();
  aSystemWithoutItOrThatRefusesSaysWhy();
  aProcessHasOneRequest();
  return checks.finish();
}
