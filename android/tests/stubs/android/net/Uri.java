package android.net;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

public class Uri {
    private final URI uri;

    private Uri(URI uri) {
        this.uri = uri;
    }

    public static Uri parse(String text) {
        return new Uri(URI.create(text));
    }

    public static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    public String getScheme() {
        return uri.getScheme();
    }

    public String getHost() {
        return uri.getHost();
    }

    public int getPort() {
        return uri.getPort();
    }

    public String getAuthority() {
        return uri.getAuthority();
    }

    public String getUserInfo() {
        return uri.getUserInfo();
    }

    public String getPath() {
        return uri.getPath();
    }

    public List<String> getPathSegments() {
        return Arrays.stream(uri.getPath().split("/")).filter(segment -> !segment.isEmpty()).toList();
    }

    public String getLastPathSegment() {
        List<String> segments = getPathSegments();
        return segments.isEmpty() ? null : segments.get(segments.size() - 1);
    }

    public String getQueryParameter(String name) {
        throw new UnsupportedOperationException();
    }

    public static Uri withAppendedPath(Uri base, String segment) {
        return parse(base + "/" + segment);
    }

    public Builder buildUpon() {
        return new Builder().scheme(getScheme()).authority(getAuthority()).path(getPath());
    }

    @Override
    public String toString() {
        return uri.toString();
    }

    public static class Builder {
        private String scheme;
        private String authority;
        private String path;

        public Builder scheme(String scheme) {
            this.scheme = scheme;
            return this;
        }

        public Builder authority(String authority) {
            this.authority = authority;
            return this;
        }

        public Builder path(String path) {
            this.path = path;
            return this;
        }

        public Builder fragment(String fragment) {
            return this;
        }

        public Builder clearQuery() {
            return this;
        }

        public Uri build() {
            return parse(scheme + "://" + authority + (path == null ? "" : path));
        }
    }
}
