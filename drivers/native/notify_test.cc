#include "drivers/native/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "common/native/check.h"
#include "drivers/native/owned_descriptor.h"

using namespace asicr;

namespace {

// Who listens, bound as a service manager binds it.
int listener(const std::string& address) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const bool abstractName = address[0] == '@';
  std::memcpy(at.sun_path, address.data(), address.size());
  if (abstractName) at.sun_path[0] = '\0';
  const size_t length = offsetof(sockaddr_un, sun_path) + address.size() + (abstractName ? 0 : 1);
  CHECK_EQUAL(bind(fd, reinterpret_cast<sockaddr*>(&at), static_cast<socklen_t>(length)), 0);
  return fd;
}

std::string received(int fd) {
  char bytes[256];
  const ssize_t count = recv(fd, bytes, sizeof bytes, 0);
  return count < 0 ? "" : std::string(bytes, static_cast<size_t>(count));
}

void aMessageArrivesWholeAtAPathAndAtAnAbstractName() {
  char folder[] = "/tmp/asicr-notify-XXXXXX";
  CHECK(mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/socket";
  for (const std::string& address : {path, "@asicr-notify-" + std::to_string(getpid())}) {
    const OwnedDescriptor fd(listener(address));
    CHECK_EQUAL(sendDatagram(address, "READY=1\nSTATUS=up", 17), 0);
    CHECK_EQUAL(received(fd.get()), std::string("READY=1\nSTATUS=up"));
  }
  unlink(path.c_str());
  rmdir(folder);
}

void whatIsNoAddressIsRefused() {
  const std::string longest(sizeof(sockaddr_un::sun_path) - 1, 'x');
  for (const std::string& address : {std::string(), std::string("/"), std::string("@"), std::string("run/notify"), "/" + longest,
                                    std::string("/run/\0notify", 12)})
    CHECK_EQUAL(sendDatagram(address, "x", 1), EINVAL);
}

void nobodyThereIsAnError() {
  CHECK_EQUAL(sendDatagram("/nonexistent/notify", "x", 1), ENOENT);
  CHECK_EQUAL(sendDatagram("@asicr-nobody-" + std::to_string(getpid()), "x", 1), ECONNREFUSED);
}

// A manager that does not read must not hold up the thread that looks after a board.
void aFullSocketIsNotWaitedFor() {
  const std::string address = "@asicr-full-" + std::to_string(getpid());
  const OwnedDescriptor fd(listener(address));
  int error = 0;
  for (int i = 0; i < 100'000 && error == 0; i++) error = sendDatagram(address, "WATCHDOG=1", 10);
  CHECK_EQUAL(error, EAGAIN);
}

}  // namespace

int main() {
  aMessageArrivesWholeAtAPathAndAtAnAbstractName();
  whatIsNoAddressIsRefused();
  nobodyThereIsAnError();
  aFullSocketIsNotWaitedFor();
  return checks.finish();
}
