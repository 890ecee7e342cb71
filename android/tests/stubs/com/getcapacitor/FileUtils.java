package com.getcapacitor;

import android.content.res.AssetManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

class FileUtils {
    static String readFileFromAssets(AssetManager assets, String name) throws IOException {
        try (InputStream stream = assets.open(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static String readFileFromDisk(java.io.File file) throws IOException {
        return Files.readString(file.toPath());
    }
}
