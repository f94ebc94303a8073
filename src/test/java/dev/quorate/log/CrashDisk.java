package dev.quorate.log;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file system below a data directory, as the shipped code sees it by a {@code Path}: each call that changes something
 * is a step with a name, and from a chosen one on none is done any more. What the disk holds at that moment, or what a
 * power failure would leave of it, is what {@link Disk} keeps. Nothing shipped knows of it.
 */
public final class CrashDisk extends FileSystem {
    private final Provider provider = new Provider();
    private final Disk disk;

    public CrashDisk(Disk disk) {
        this.disk = disk;
    }

    /** The directory as its user sees it. */
    public Path path() {
        return seen(disk.root());
    }

    private Path seen(Path real) {
        return (Path) Proxy.newProxyInstance(
                Path.class.getClassLoader(), new Class<?>[] {Path.class}, new SeenPath(this, real));
    }

    private static Path real(Path path) {
        return Proxy.isProxyClass(path.getClass()) && Proxy.getInvocationHandler(path) instanceof SeenPath seen
                ? seen.hidden
                : path;
    }

    /** A path of this file system: a real one that says so. */
    private record SeenPath(CrashDisk system, Path hidden) implements InvocationHandler {
        @Override
        public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args) throws Throwable {
            if (method.getName().equals("getFileSystem")) {
                return system;
            }
            if (method.getName().equals("toFile")) {
                throw new UnsupportedOperationException("what a File does cannot be seen");
            }
            Object[] given = args == null ? new Object[0] : args.clone();
            for (int i = 0; i < given.length; i++) {
                given[i] = given[i] instanceof Path path ? real(path) : given[i];
            }
            try {
                Object result = method.invoke(hidden, given);
                return result instanceof Path path ? system.seen(path) : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }

    private final class Provider extends FileSystemProvider {
        @Override
        public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attrs)
                throws IOException {
            Path file = real(path);
            boolean writes = options.contains(StandardOpenOption.WRITE);
            if (!writes || (Files.exists(file) && !options.contains(StandardOpenOption.TRUNCATE_EXISTING))) {
                return new StepChannel(disk, file, FileChannel.open(file, options, attrs));
            }
            disk.step("create", file, () -> {
                FileChannel.open(file, options, attrs).close();
                disk.created(file);
            });
            return new StepChannel(
                    disk, file, FileChannel.open(file, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE)));
        }

        @Override
        public SeekableByteChannel newByteChannel(
                Path path, Set<? extends OpenOption> options, FileAttribute<?>... attrs) throws IOException {
            return newFileChannel(path, options, attrs);
        }

        @Override
        public void move(Path from, Path to, CopyOption... options) throws IOException {
            disk.rename(real(from), real(to), options);
        }

        @Override
        public void delete(Path path) throws IOException {
            disk.delete(real(path));
        }

        @Override
        public void createDirectory(Path path, FileAttribute<?>... attrs) throws IOException {
            disk.createDirectory(real(path));
        }

        @Override
        public DirectoryStream<Path> newDirectoryStream(Path path, DirectoryStream.Filter<? super Path> filter)
                throws IOException {
            List<Path> found = new ArrayList<>();
            try (DirectoryStream<Path> files = Files.newDirectoryStream(real(path))) {
                for (Path file : files) {
                    if (filter.accept(seen(file))) {
                        found.add(seen(file));
                    }
                }
            }
            return new DirectoryStream<>() {
                @Override
                public Iterator<Path> iterator() {
                    return found.iterator();
                }

                @Override
                public void close() {}
            };
        }

        // ---- what changes nothing ----------------------------------------------------------------------------------

        @Override
        public String getScheme() {
            return "crash";
        }

        @Override
        public boolean isSameFile(Path path, Path other) throws IOException {
            return Files.isSameFile(real(path), real(other));
        }

        @Override
        public boolean isHidden(Path path) throws IOException {
            return Files.isHidden(real(path));
        }

        @Override
        public FileStore getFileStore(Path path) throws IOException {
            return Files.getFileStore(real(path));
        }

        @Override
        public void checkAccess(Path path, AccessMode... modes) throws IOException {
            real(path).getFileSystem().provider().checkAccess(real(path), modes);
        }

        @Override
        public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
            return Files.getFileAttributeView(real(path), type, options);
        }

        @Override
        public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
                throws IOException {
            return Files.readAttributes(real(path), type, options);
        }

        @Override
        public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
                throws IOException {
            return Files.readAttributes(real(path), attributes, options);
        }

        // ---- what nobody asks for ----------------------------------------------------------------------------------

        @Override
        public void copy(Path from, Path to, CopyOption... options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileSystem newFileSystem(URI uri, Map<String, ?> env) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileSystem getFileSystem(URI uri) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path getPath(URI uri) {
            throw new UnsupportedOperationException();
        }
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {}

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return disk.root().getFileSystem().getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return List.of();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return Set.of("basic");
    }

    @Override
    public Path getPath(String first, String... more) {
        return seen(Path.of(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        PathMatcher matcher = disk.root().getFileSystem().getPathMatcher(syntaxAndPattern);
        return path -> matcher.matches(real(path));
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        throw new UnsupportedOperationException();
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException();
    }
}
