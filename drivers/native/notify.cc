#include "drivers/native/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "drivers/native/owned_descriptor.h"

namespace asicr {

int sendDatagram(const std::string& address, const void* bytes, size_t count) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const bool abstractName = !address.empty() && address[0] == '@';
  // A path keeps its zero at the end; an abstract name has none, and begins with one.
  if (address.size() < 2 || (!abstractName && address[0] != '/') || address.size() >= sizeof to.sun_path) return EINVAL;
  if (address.find('\0') != std::string::npos) return EINVAL;
  std::memcpy(to.sun_path, address.data(), address.size());
  if (abstractName) to.sun_path[0] = '\0';
  const socklen_t length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size() + (abstractName ? 0 : 1));
  const OwnedDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return errno;
  const ssize_t sent = sendto(socket.get(), bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), length);
  return sent < 0 ? errno : 0;
}

}  // namespace asicr
