package metadata

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxArchive is how many bytes of an archive are taken.
const maxArchive = 16 << 20

// bounds of an archive: its bytes packed and unpacked, and its files.
type bounds struct{ packed, unpacked, files int }

// archiveBounds are this org's. A real org takes 39 MB and 10,000 files.
var archiveBounds = bounds{packed: maxArchive, unpacked: 4 * maxArchive, files: 5_000}

// unpack reads an archive into file names and contents. If package.xml is not at
// its top but in the one folder there is, names are below that folder.
func unpack(archive []byte, most bounds) (map[string][]byte, error) {
	if len(archive) > most.packed {
		return nil, fmt.Errorf("the archive has %d bytes; this org takes %d", len(archive), most.packed)
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("the archive is no zip file: %w", err)
	}
	if len(r.File) > most.files {
		return nil, fmt.Errorf("the archive has %d files; this org takes %d", len(r.File), most.files)
	}
	files := map[string][]byte{}
	left := most.unpacked
	for _, f := range r.File {
		name := path.Clean(f.Name)
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if name == ".." || strings.HasPrefix(name, "../") || path.IsAbs(name) {
			return nil, fmt.Errorf("the archive has a file outside itself: %s", clip(f.Name))
		}
		content, err := read(f, left)
		if err != nil {
			return nil, err
		}
		left -= len(content)
		files[name] = content
	}
	return lift(files), nil
}

// read unpacks one file of at most so many bytes.
func read(f *zip.File, most int) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("the archive's file %s cannot be read: %w", clip(f.Name), err)
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the archive's file %s cannot be read: %w", clip(f.Name), err)
	case len(content) > most:
		return nil, fmt.Errorf("the archive unpacks to more than this org takes; %s is where it ends", clip(f.Name))
	}
	return content, nil
}

// lift takes the folder away that an archive of several packages has.
func lift(files map[string][]byte) map[string][]byte {
	if _, ok := files["package.xml"]; ok {
		return files
	}
	top := ""
	for name := range files {
		folder, _, nested := strings.Cut(name, "/")
		if !nested || top != "" && top != folder {
			return files
		}
		top = folder
	}
	lifted := make(map[string][]byte, len(files))
	for name, content := range files {
		lifted[strings.TrimPrefix(name, top+"/")] = content
	}
	return lifted
}

// pack makes an archive, its files in the order of names.
func pack(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		if _, err := f.Write(files[name]); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return b.Bytes(), nil
}
